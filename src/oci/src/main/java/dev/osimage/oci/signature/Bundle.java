package dev.osimage.oci.signature;

import dev.osimage.oci.GoJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Sigstore bundle (v0.3) with a DSSE envelope of an in-toto statement. Its other parts
 * (certificates, log entries, the hint which key it is) are not signed, and not looked at.
 */
final class Bundle {

  static final String MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
  private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  private final byte[] statement;
  private final byte[] signature;

  private Bundle(byte[] statement, byte[] signature) {
    this.statement = statement;
    this.signature = signature;
  }

  /** The bytes of a bundle for a statement, signed now. */
  static byte[] signed(SigningKey key, byte[] statement) {
    var envelope = new LinkedHashMap<String, Object>();
    envelope.put("payload", Base64Text.encode(statement));
    envelope.put("payloadType", PAYLOAD_TYPE);
    var signature = Base64Text.encode(key.sign(preAuthenticated(statement)));
    envelope.put("signatures", List.of(Map.of("sig", signature)));

    var bundle = new LinkedHashMap<String, Object>();
    bundle.put("mediaType", MEDIA_TYPE);
    bundle.put("verificationMaterial", Map.of("publicKey", Map.of("hint", key.publicKey().id())));
    bundle.put("dsseEnvelope", envelope);
    return GoJson.write(bundle);
  }

  static Bundle parse(byte[] bytes) {
    var json = StrictJson.parse(bytes);
    json.expect("mediaType", MEDIA_TYPE);
    if (json.has("messageSignature")) {
      throw new IllegalArgumentException("it has a 'messageSignature', which images don't have");
    }
    var envelope = json.object("dsseEnvelope");
    envelope.expect("payloadType", PAYLOAD_TYPE);
    var signatures = envelope.objects("signatures");
    if (signatures.size() != 1) {
      throw new IllegalArgumentException(
          "'dsseEnvelope.signatures' has %d entries, not one".formatted(signatures.size()));
    }
    return new Bundle(envelope.base64("payload"), signatures.getFirst().base64("sig"));
  }

  /** What was signed; it means nothing before {@link #isSignedBy}. */
  byte[] statement() {
    return statement;
  }

  boolean isSignedBy(VerificationKey key) {
    return key.verifies(preAuthenticated(statement), signature);
  }

  /** DSSE's pre-authentication encoding of a payload and its type: what is signed. */
  private static byte[] preAuthenticated(byte[] payload) {
    var start = "DSSEv1 %d %s %d ".formatted(PAYLOAD_TYPE.length(), PAYLOAD_TYPE, payload.length);
    var out = new ByteArrayOutputStream(start.length() + payload.length);
    out.writeBytes(start.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(payload);
    return out.toByteArray();
  }
}
