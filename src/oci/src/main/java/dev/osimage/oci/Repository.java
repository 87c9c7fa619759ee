package dev.osimage.oci;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;

/**
 * A repository of a registry: {@code host} with an optional port, and the {@code path} of
 * distribution-spec's {@code <name>}. There is no default host.
 */
public record Repository(String host, String path) {

  private static final Pattern HOST =
      Pattern.compile(
          "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:.]+])(?::[1-9]\\d{0,4})?");
  private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  private static final Pattern PATH = Pattern.compile("%s(?:/%s)*".formatted(COMPONENT, COMPONENT));

  /** Host, slash and path together have at most 255 characters. */
  private static final int MAX_LENGTH = 254;

  public Repository {
    if (host.length() + path.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "the repository '%.100s…' has more than 255 characters".formatted(host));
    }
    if (!HOST.matcher(host).matches() || HttpUrl.parse("https://" + host) == null) {
      throw new IllegalArgumentException("'" + host + "' is not a registry host");
    }
    if (!PATH.matcher(path).matches()) {
      throw new IllegalArgumentException("'" + path + "' is not a repository path");
    }
  }

  /** Parses {@code host[:port]/path}; throws {@link IllegalArgumentException} otherwise. */
  @JsonCreator
  public static Repository parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("'" + text + "' is not of the form host/path");
    }
    return new Repository(text.substring(0, slash), text.substring(slash + 1));
  }

  /** The reference of one manifest in this repository, {@code host/path@digest}. */
  public String at(Digest digest) {
    return this + "@" + digest;
  }

  /** Where the registry serves a blob of this repository (distribution-spec, end-2). */
  public String blobUrl(Digest digest, boolean plainHttp) {
    return (plainHttp ? "http://" : "https://") + host + "/v2/" + path + "/blobs/" + digest;
  }

  @Override
  @JsonValue
  public String toString() {
    return host + "/" + path;
  }
}
