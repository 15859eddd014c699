import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.client.RestClient;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** LK in forty lines, for Spring Boot 3 (3.2 or newer) with spring-boot-starter-web. */
@RestController
public class LkController {
    private final RestClient tmk;
    private final TmkWebhook webhook;
    private final ObjectMapper json = new ObjectMapper();
    private final Set<String> seen = ConcurrentHashMap.newKeySet(); // ids of events; a real LK keeps them in its database

    public LkController(@Value("${tmk.url}") String url, @Value("${tmk.key}") String key, @Value("${tmk.secret}") String secret) {
        tmk = RestClient.builder().baseUrl(url + "/v1/abm/video").defaultHeader("Authorization", "Bearer " + key).build();
        webhook = new TmkWebhook(secret);
    }

    /** Books a consultation that starts now; the two links are in the answer. */
    @PostMapping("/book/{doctor}/{patient}")
    public JsonNode book(@PathVariable("doctor") String doctor, @PathVariable("patient") String patient) {
        return tmk.post().uri("/sessions/create").contentType(MediaType.APPLICATION_JSON)
            .body(Map.of("doctor", Map.of("id", doctor), "patient", Map.of("id", patient)))
            .retrieve().body(JsonNode.class);
    }

    /** Is told of every change. The body is taken as bytes: the signature is over them, not over what a parser makes of them. */
    @PostMapping("/hooks/tmk")
    public ResponseEntity<Void> told(
            @RequestHeader("webhook-id") String id, @RequestHeader("webhook-timestamp") String timestamp,
            @RequestHeader("webhook-signature") String signatures, @RequestBody byte[] body) throws Exception {
        if (!webhook.verify(id, timestamp, signatures, body)) return ResponseEntity.status(401).build();
        JsonNode event = json.readTree(body);
        if (seen.add(id)) // it may come twice
            System.out.printf("told: %s %s %s%n", event.path("type").asText(),
                event.path("data").path("sessionId").asText(), event.path("data").path("status").asText());
        return ResponseEntity.noContent().build();
    }
}
