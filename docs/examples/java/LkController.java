import java.util.HashMap;
import java.util.Map;
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
    private final Map<String, Integer> last = new HashMap<>(); // each session's newest sequence; a real LK keeps it in its database

    public LkController(@Value("${tmk.url}") String url, @Value("${tmk.key}") String key, @Value("${tmk.secret}") String secret) {
        tmk = RestClient.builder().baseUrl(url + "/v1/abm/video").defaultHeader("Authorization", "Bearer " + key).build();
        webhook = new TmkWebhook(secret);
    }

    /** Books a consultation that starts now; the two links are in the answer. However often a booking is sent, it is booked once. */
    @PostMapping("/book/{booking}/{doctor}/{patient}")
    public JsonNode book(
            @PathVariable("booking") String booking, @PathVariable("doctor") String doctor, @PathVariable("patient") String patient) {
        return tmk.post().uri("/sessions/create").header("Idempotency-Key", booking).contentType(MediaType.APPLICATION_JSON)
            .body(Map.of("externalId", booking, "doctor", Map.of("id", doctor), "patient", Map.of("id", patient)))
            .retrieve().body(JsonNode.class);
    }

    /** Is told of every change. The body is taken as bytes: the signature is over them, not over what a parser makes of them. */
    @PostMapping("/hooks/tmk")
    public synchronized ResponseEntity<Void> told(
            @RequestHeader("webhook-id") String id, @RequestHeader("webhook-timestamp") String timestamp,
            @RequestHeader("webhook-signature") String signatures, @RequestBody byte[] body) throws Exception {
        if (!webhook.verify(id, timestamp, signatures, body)) return ResponseEntity.status(401).build();
        JsonNode event = json.readTree(body), data = event.path("data");
        String session = data.path("sessionId").asText();
        int sequence = event.path("sequence").asInt();
        if (sequence > last.getOrDefault(session, 0)) { // otherwise it came twice, or late
            last.put(session, sequence);
            System.out.printf("told: %s %s %s%n", event.path("type").asText(), session, data.path("status").asText());
        }
        return ResponseEntity.noContent().build();
    }
}
