package dev.osimage.oci.faults;

import java.util.regex.Pattern;

/** Where a request goes: {@code reference} is a digest, a tag or the number of a session. */
record Route(Step step, String repository, String reference) {

  private static final Pattern PATH =
      Pattern.compile(
          "/(v2|storage)/(.+?)/(blobs/uploads|blobs|manifests|tags|referrers)(?:/([^/]*))?");

  static Route of(String method, String path) {
    if (path.equals("/v2/")) {
      return new Route(Step.PING, "", "");
    }
    if (path.equals("/token")) {
      return new Route(Step.TOKEN, "", "");
    }
    var parts = PATH.matcher(path);
    if (!parts.matches()) {
      return new Route(Step.OTHER, "", "");
    }
    var reference = parts.group(4) == null ? "" : parts.group(4).replace("%3A", ":");
    var step = parts.group(1).equals("storage") ? Step.STORAGE : step(method, parts.group(3));
    return new Route(step, parts.group(2), reference);
  }

  private static Step step(String method, String kind) {
    return switch (method + " " + kind) {
      case "HEAD blobs" -> Step.BLOB_HEAD;
      case "GET blobs" -> Step.BLOB_GET;
      case "DELETE blobs" -> Step.BLOB_DELETE;
      case "POST blobs/uploads" -> Step.UPLOAD_POST;
      case "PATCH blobs/uploads" -> Step.UPLOAD_PATCH;
      case "GET blobs/uploads" -> Step.UPLOAD_STATUS;
      case "PUT blobs/uploads" -> Step.UPLOAD_PUT;
      case "DELETE blobs/uploads" -> Step.UPLOAD_DELETE;
      case "HEAD manifests" -> Step.MANIFEST_HEAD;
      case "GET manifests" -> Step.MANIFEST_GET;
      case "PUT manifests" -> Step.MANIFEST_PUT;
      case "DELETE manifests" -> Step.MANIFEST_DELETE;
      case "GET tags" -> Step.TAGS;
      case "GET referrers" -> Step.REFERRERS;
      default -> Step.OTHER;
    };
  }
}
