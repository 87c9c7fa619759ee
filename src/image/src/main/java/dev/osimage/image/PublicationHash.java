package dev.osimage.image;

import dev.osimage.oci.Digest;
import dev.osimage.oci.GoJson;
import java.util.LinkedHashMap;

/**
 * The identity of a publication: SHA-256, in hex, over the inputs, the repository and the tags. Two
 * builds with one publication hash leave the registry in the same state.
 */
public final class PublicationHash {

  private PublicationHash() {}

  /** The hash of what a plan publishes, 64 hex digits. */
  public static String of(BuildPlan plan) {
    var form = new LinkedHashMap<String, Object>();
    form.put("inputsHash", plan.inputsHash());
    form.put("repository", plan.destination().repository().toString());
    form.put("tags", plan.destination().tags().stream().sorted().toList());
    return Digest.of(GoJson.write(form)).hex();
  }
}
