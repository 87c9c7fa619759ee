package dev.osimage.operator;

import dev.osimage.api.OsImage;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.autoscaling.v1.ScaleBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be done before the operator is uninstalled: it is ended, and {@link
 * OsImage#FINALIZER} is taken off its OsImages, which nobody else would do later. What is published
 * stays in the registry. Exit status: 0 done, 1 something is left; it can be run again.
 */
public final class Uninstall {

  private static final Logger LOG = LoggerFactory.getLogger(Uninstall.class);
  private static final long PAGE = 500;

  /** Pods that the cluster has yet to remove, such as evicted ones, run nothing. */
  private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

  private final KubernetesClient client;
  private final List<String> watchedNamespaces;
  private final String namespace;
  private final String deployment;
  private final String podSelector;
  private final Bounds bounds;
  private final InstantSource clock;
  private final Instant begin;
  private int released;

  /**
   * How long it may take.
   *
   * @param pods until the operator's pods are gone
   * @param all everything
   * @param pause between two looks
   */
  record Bounds(Duration pods, Duration all, Duration pause) {
    static final Bounds DEFAULT =
        new Bounds(Duration.ofMinutes(1), Duration.ofMinutes(2), Duration.ofSeconds(1));
  }

  /** {@link IllegalArgumentException} names the variable that is wrong. */
  Uninstall(KubernetesClient client, Map<String, String> env, InstantSource clock, Bounds bounds) {
    var variables = new Settings.Variables(env);
    this.client = client;
    this.watchedNamespaces = RuntimeSettings.from(env).watchedNamespaces();
    this.namespace = variables.required("OSIMAGE_NAMESPACE");
    this.deployment = variables.required("OSIMAGE_DEPLOYMENT");
    this.podSelector = variables.required("OSIMAGE_POD_SELECTOR");
    this.bounds = bounds;
    this.clock = clock;
    this.begin = clock.instant();
  }

  public static void main(String[] args) {
    var config =
        new ConfigBuilder().withRequestTimeout(10_000).withRequestRetryBackoffLimit(2).build();
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      var uninstall =
          new Uninstall(client, System.getenv(), InstantSource.system(), Bounds.DEFAULT);
      int released = uninstall.run();
      LOG.info("released {} OsImages; what is published stays in the registry", released);
    } catch (IllegalStateException e) {
      // Its sentence is for people, and Helm shows all of it.
      LOG.error("the operator can't be uninstalled yet: {}", e.getMessage());
      System.exit(1);
    } catch (RuntimeException e) {
      LOG.error("the operator can't be uninstalled yet", e);
      System.exit(1);
    }
  }

  /**
   * Returns how many OsImages were released; {@link IllegalStateException} says what was not done
   * in time.
   */
  int run() {
    stopOperator();
    awaitItsEnd();
    releaseAll();
    return released;
  }

  private void stopOperator() {
    var none =
        new ScaleBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(deployment)
            .endMetadata()
            .withNewSpec()
            .withReplicas(0)
            .endSpec()
            .build();
    try {
      client.apps().deployments().inNamespace(namespace).withName(deployment).scale(none);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      LOG.info("the Deployment {} is gone already", deployment);
    }
  }

  /** As long as one runs, it may put back what is taken off. */
  private void awaitItsEnd() {
    for (var pods = running(); !pods.isEmpty(); pods = running()) {
      pause(
          bounds.pods(),
          "the operator's pods still run and might put the finalizer back: "
              + String.join(", ", pods));
    }
  }

  private List<String> running() {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabelSelector(podSelector)
        .list()
        .getItems()
        .stream()
        .filter(pod -> !ended(pod))
        .map(pod -> pod.getMetadata().getName())
        .toList();
  }

  private static boolean ended(Pod pod) {
    return pod.getStatus() != null && ENDED.contains(pod.getStatus().getPhase());
  }

  private void releaseAll() {
    for (var refusal = releaseOnce(); refusal != null; refusal = releaseOnce()) {
      pause(bounds.all(), "not every OsImage could be released, " + refusal);
    }
  }

  /** Goes through all OsImages; returns what was refused last, so that another look is needed. */
  private @Nullable String releaseOnce() {
    String refusal = null;
    for (var images : watched()) {
      String next = null;
      do {
        var page = page(images, next);
        for (var image : page.getItems()) {
          if (image.removeFinalizer(OsImage.FINALIZER)) {
            var refused = update(image);
            refusal = refused == null ? refusal : refused;
          }
        }
        next = page.getMetadata().getContinue();
      } while (next != null && !next.isEmpty());
    }
    return refusal;
  }

  private List<Listable<GenericKubernetesResourceList>> watched() {
    var all = images();
    return watchedNamespaces.isEmpty()
        ? List.of(all.inAnyNamespace())
        : watchedNamespaces.stream()
            .<Listable<GenericKubernetesResourceList>>map(all::inNamespace)
            .toList();
  }

  /** As whatever they are: one that this version can't read is no reason to keep it for ever. */
  private MixedOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      images() {
    return client.genericKubernetesResources(
        ResourceDefinitionContext.fromResourceType(OsImage.class));
  }

  private static GenericKubernetesResourceList page(
      Listable<GenericKubernetesResourceList> images, @Nullable String next) {
    try {
      return images.list(new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build());
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      LOG.info("the CustomResourceDefinition is gone, and all OsImages with it");
      var none = new GenericKubernetesResourceList();
      none.setMetadata(new ListMeta());
      return none;
    }
  }

  /**
   * Writes an OsImage without the finalizer, unless it has changed since it was read; returns why
   * it was refused, null when it was not, or when it is gone.
   */
  private @Nullable String update(GenericKubernetesResource image) {
    var metadata = image.getMetadata();
    var name = metadata.getNamespace() + "/" + metadata.getName();
    if (isOver(bounds.all())) {
      throw tooLate(bounds.all(), name + " and maybe more OsImages wait for their turn");
    }
    try {
      images().inNamespace(metadata.getNamespace()).resource(image).update();
      released++;
      return null;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return null;
      }
      LOG.info("{} is looked at again: {}", name, reason(e));
      return name + ": " + reason(e);
    }
  }

  /** The API server's own words, where it has said something. */
  private static @Nullable String reason(KubernetesClientException e) {
    var status = e.getStatus();
    return status == null || status.getMessage() == null ? e.getMessage() : status.getMessage();
  }

  private void pause(Duration bound, String problem) {
    if (isOver(bound)) {
      throw tooLate(bound, problem);
    }
    try {
      Thread.sleep(bounds.pause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(problem, e);
    }
  }

  private boolean isOver(Duration bound) {
    return clock.instant().isAfter(begin.plus(bound));
  }

  private IllegalStateException tooLate(Duration bound, String problem) {
    return new IllegalStateException(
        "after %d s, %s (released so far: %d)".formatted(bound.toSeconds(), problem, released));
  }
}
