package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.osimage.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where bytes of a plan come from: one JSON object, its kind in {@code type}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = PlannedSource.Http.class, name = "http"),
  @JsonSubTypes.Type(value = PlannedSource.Inline.class, name = "inline"),
  @JsonSubTypes.Type(value = PlannedSource.Local.class, name = "local")
})
public sealed interface PlannedSource {

  /** The digest of the bytes at the source; only a local file may be without one. */
  @Nullable Digest digest();

  /**
   * A file on a web server.
   *
   * @param secret name of the Secret with credentials for the URL's origin
   * @param caBundle name of the ConfigMap with authorities that are trusted besides the usual ones
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Http(String url, Digest digest, @Nullable String secret, @Nullable String caBundle)
      implements PlannedSource {

    public Http {
      Objects.requireNonNull(url, "url");
      Objects.requireNonNull(digest, "digest");
    }
  }

  /** The content itself. */
  record Inline(String text, Digest digest) implements PlannedSource {

    public Inline {
      Objects.requireNonNull(text, "text");
      Objects.requireNonNull(digest, "digest");
    }

    /** The source of a text, in UTF-8. */
    public static Inline of(String text) {
      return new Inline(text, Digest.of(text.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** A file where the builder runs: for laptops and benchmarks, never in a plan of the operator. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Local(String file, @Nullable Digest digest) implements PlannedSource {

    public Local {
      Objects.requireNonNull(file, "file");
    }
  }
}
