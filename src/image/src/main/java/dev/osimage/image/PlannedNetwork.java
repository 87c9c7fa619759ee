package dev.osimage.image;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the administrator says about the network, as far as it matters to a plan. It decides neither
 * what is built nor where it goes, and is no part of any identity.
 *
 * @param caBundle authorities that are trusted for every server besides the usual ones, in PEM
 * @param mirrors for the URL of a source, the URLs where it is looked for first, in this order
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PlannedNetwork(@Nullable String caBundle, Map<String, List<String>> mirrors) {

  /** Nothing out of the ordinary. */
  public static final PlannedNetwork PLAIN = new PlannedNetwork(null, Map.of());

  public PlannedNetwork {
    mirrors = Map.copyOf(mirrors);
  }

  /** Where a source is looked for before its own URL. */
  public List<String> mirrorsOf(String url) {
    return mirrors.getOrDefault(url, List.of());
  }
}
