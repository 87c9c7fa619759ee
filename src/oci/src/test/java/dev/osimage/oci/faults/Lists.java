package dev.osimage.oci.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.osimage.oci.MediaTypes;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tags and referrers, in pages (distribution-spec, "Content Discovery"). */
final class Lists {

  private final FaultRegistry registry;
  private final Faults faults;

  Lists(FaultRegistry registry, Faults faults) {
    this.registry = registry;
    this.faults = faults;
  }

  Answer tags(Received request) {
    var repository = request.route().repository();
    if (!registry.store().has(repository)) {
      return Answer.error(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    NavigableMap<String, JsonNode> entries = new TreeMap<>();
    for (var tag : registry.store().room(repository).tags().keySet()) {
      entries.put(tag, JsonNodeFactory.instance.textNode(tag));
    }
    var json = JsonNodeFactory.instance.objectNode().put("name", repository);
    return page(request, "application/json", json, "tags", entries);
  }

  Answer referrers(Received request) {
    if (faults.has(Quirk.HTML_REFERRERS)) {
      return Answer.html(200);
    }
    if (faults.has(Quirk.NO_REFERRERS)) {
      return Answer.text(faults.status(Quirk.NO_REFERRERS), "text/plain", "404 page not found\n");
    }
    var subject = Store.digest(request.route().reference());
    if (subject == null) {
      return Answer.error(400, "DIGEST_INVALID", "not a digest");
    }
    var type = request.parameter("artifactType");
    boolean filters = !faults.has(Quirk.LYING_FILTER) && !faults.has(Quirk.UNFILTERED_REFERRERS);
    NavigableMap<String, JsonNode> entries = new TreeMap<>();
    registry
        .store()
        .room(request.route().repository())
        .manifests()
        .forEach((digest, manifest) -> {
          var json = Manifests.parse(manifest.content());
          if (json != null
              && json.path("subject").path("digest").asText().equals(subject.toString())
              && (type == null || !filters || type.equals(artifactType(json)))) {
            entries.put(digest.toString(), descriptor(digest.toString(), manifest, json));
          }
        });
    var index =
        JsonNodeFactory.instance
            .objectNode()
            .put("schemaVersion", 2)
            .put("mediaType", MediaTypes.IMAGE_INDEX);
    var answer = page(request, MediaTypes.IMAGE_INDEX, index, "manifests", entries);
    return type == null || faults.has(Quirk.UNFILTERED_REFERRERS)
        ? answer
        : answer.header("OCI-Filters-Applied", "artifactType");
  }

  private ObjectNode descriptor(String digest, Store.Manifest manifest, JsonNode json) {
    var descriptor =
        JsonNodeFactory.instance
            .objectNode()
            .put("mediaType", manifest.mediaType())
            .put("digest", digest)
            .put("size", manifest.content().length);
    if (faults.has(Quirk.WRONG_ARTIFACT_TYPES)) {
      return descriptor.put("artifactType", MediaTypes.EMPTY);
    }
    if (!artifactType(json).isEmpty()) {
      descriptor.put("artifactType", artifactType(json));
    }
    if (json.has("annotations")) {
      descriptor.set("annotations", json.get("annotations"));
    }
    return descriptor;
  }

  private static String artifactType(JsonNode manifest) {
    var type = manifest.path("artifactType").asText();
    return type.isEmpty() ? manifest.path("config").path("mediaType").asText() : type;
  }

  private Answer page(
      Received request,
      String mediaType,
      ObjectNode json,
      String field,
      NavigableMap<String, JsonNode> entries) {
    var last = request.parameter("last");
    var rest = last == null ? entries : entries.tailMap(last, false);
    var page = rest.keySet().stream().limit(size(request)).toList();
    var list = json.putArray(field);
    page.forEach(key -> list.add(entries.get(key)));
    var answer = Answer.text(200, mediaType, json.toString());
    var link = page.size() < rest.size() ? link(request, page) : null;
    return link == null ? answer : answer.header("Link", "<" + link + ">; rel=\"next\"");
  }

  private long size(Received request) {
    long most = faults.has(Quirk.PAGES) ? faults.value(Quirk.PAGES) : Long.MAX_VALUE;
    var wanted = request.parameter("n");
    return wanted == null ? most : Math.min(most, Long.parseLong(wanted));
  }

  private @Nullable String link(Received request, List<String> page) {
    if (page.isEmpty()) {
      return null;
    }
    if (faults.has(Quirk.LINK_LOOP)) {
      return request.target();
    }
    var link = new StringBuilder();
    if (faults.has(Quirk.LINK_ELSEWHERE)) {
      link.append(registry.storageUrl());
    } else if (faults.has(Quirk.ABSOLUTE_LINK)) {
      link.append(registry.url());
    }
    link.append(request.path()).append("?last=").append(encode(page.getLast()));
    for (var name : List.of("n", "artifactType")) {
      var value = request.parameter(name);
      if (value != null) {
        link.append('&').append(name).append('=').append(encode(value));
      }
    }
    return link.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
