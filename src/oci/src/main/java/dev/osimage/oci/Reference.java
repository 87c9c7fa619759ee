package dev.osimage.oci;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One manifest of a repository: by tag, by digest, or by both, where the digest decides
 * (distribution-spec, {@code <reference>}).
 */
public record Reference(Repository repository, @Nullable String tag, @Nullable Digest digest) {

  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

  public Reference {
    if (tag == null && digest == null) {
      throw new IllegalArgumentException("'" + repository + "' needs a tag or a digest");
    }
    if (tag != null && !isTag(tag)) {
      throw new IllegalArgumentException("'" + tag + "' is not a tag");
    }
  }

  /** Whether a text is a tag: 1 to 128 letters, digits, {@code . _ -}. */
  public static boolean isTag(String text) {
    return TAG.matcher(text).matches();
  }

  /**
   * Parses {@code host[:port]/path[:tag][@digest]}; throws {@link IllegalArgumentException}
   * otherwise. There is no default host and no default tag.
   */
  public static Reference parse(String text) {
    int at = text.indexOf('@');
    var digest = at < 0 ? null : Digest.parse(text.substring(at + 1));
    var name = at < 0 ? text : text.substring(0, at);
    int colon = name.lastIndexOf(':');
    boolean tagged = colon > name.lastIndexOf('/');
    return new Reference(
        Repository.parse(tagged ? name.substring(0, colon) : name),
        tagged ? name.substring(colon + 1) : null,
        digest);
  }

  /** What stands in the URL of the manifest: the digest, or else the tag. */
  public String target() {
    return digest == null ? String.valueOf(tag) : digest.toString();
  }

  @Override
  public String toString() {
    return repository + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
  }
}
