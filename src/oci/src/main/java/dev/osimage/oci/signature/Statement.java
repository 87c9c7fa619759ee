package dev.osimage.oci.signature;

import dev.osimage.oci.Digest;
import dev.osimage.oci.GoJson;
import dev.osimage.oci.http.ConnectionFailure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An in-toto statement (v1): a predicate about subjects, which are named by their SHA-256. */
record Statement(String type, String predicateType, List<StrictJson> subjects) {

  /** The predicate of a signature, which says nothing but that there is one. */
  static final String SIGNATURE = "https://sigstore.dev/cosign/sign/v1";

  private static final String TYPE = "https://in-toto.io/Statement/v1";

  /** A statement around a predicate, which stands in it byte by byte. */
  static byte[] of(Digest subject, String predicateType, byte[] predicate) {
    var json = new LinkedHashMap<String, Object>();
    json.put("_type", TYPE);
    json.put("subject", List.of(Map.of("digest", Map.of("sha256", subject.hex()))));
    json.put("predicateType", predicateType);
    var start = GoJson.write(json);

    var statement = new ByteArrayOutputStream(start.length + predicate.length + 16);
    statement.write(start, 0, start.length - 1);
    statement.writeBytes(",\"predicate\":".getBytes(StandardCharsets.US_ASCII));
    statement.writeBytes(predicate);
    statement.write('}');
    return statement.toByteArray();
  }

  static Statement parse(byte[] bytes) {
    var json = StrictJson.parse(bytes);
    return new Statement(json.text("_type"), json.text("predicateType"), json.objects("subject"));
  }

  /** Throws {@link IllegalArgumentException} unless it is a signature of this digest. */
  void requireSignatureOf(Digest digest) {
    if (!predicateType.equals(SIGNATURE)) {
      throw new IllegalArgumentException(
          "it is an attestation of '%s', no signature"
              .formatted(ConnectionFailure.shortened(predicateType)));
    }
    if (!type.equals(TYPE)) {
      throw new IllegalArgumentException("it is no statement of the type " + TYPE);
    }
    if (subjects.stream().noneMatch(subject -> names(subject, digest))) {
      throw new IllegalArgumentException("it is a signature of something else");
    }
  }

  /** What is said about the subject with this digest apart from the digest. */
  Map<String, String> annotations(Digest digest) {
    return subjects.stream()
        .filter(subject -> names(subject, digest))
        .findFirst()
        .map(subject -> subject.texts("annotations"))
        .orElse(Map.of());
  }

  private static boolean names(StrictJson subject, Digest digest) {
    return digest.hex().equals(subject.texts("digest").get("sha256"));
  }
}
