import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Tells whether TMK sent a webhook: Standard Webhooks, over the bytes as they came. The JDK is all it needs. */
public final class TmkWebhook {
    private static final long TOLERANCE_SECONDS = 300;

    private final byte[] key;

    /** @param secret as it was shown when the endpoint was registered: "whsec_" and base64 */
    public TmkWebhook(String secret) {
        key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
    }

    public boolean verify(String id, String timestamp, String signatures, byte[] body) {
        if (id == null || signatures == null || timestamp == null || !timestamp.matches("\\d{1,15}")) return false;
        if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > TOLERANCE_SECONDS) return false;
        byte[] want = sign(id, timestamp, body).getBytes(StandardCharsets.UTF_8);
        for (String got : signatures.split(" ")) // two while the secret is changed
            if (MessageDigest.isEqual(got.getBytes(StandardCharsets.UTF_8), want)) return true;
        return false;
    }

    private String sign(String id, String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
