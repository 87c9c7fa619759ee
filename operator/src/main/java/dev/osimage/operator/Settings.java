package dev.osimage.operator;

import dev.osimage.api.Durations;
import dev.osimage.image.Wire;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the administrator sets, from environment variables; the chart's values are the place to
 * change them.
 *
 * @param builderImage image of builder pods
 * @param builderPullPolicy its imagePullPolicy
 * @param builderPullSecrets names of its imagePullSecrets, in the namespace of each OsImage
 * @param builderResources resources of the builder container
 * @param builderPod where builder pods run, and what else is written on them
 * @param builderNetwork whom builders trust, and where they look for sources first
 * @param allowedHosts the hosts that OsImages may name
 * @param timeout spec.timeout where an OsImage has none
 * @param pendingTimeout spec.pendingTimeout where an OsImage has none
 * @param retryInitial wait after the first attempt that failed for a passing reason
 * @param retryMax longest such wait
 * @param slowRetryInitial wait before it is looked whether somebody has changed what a build needs
 * @param slowRetryMax longest such wait
 * @param credentialsWait how long a builder waits for Secrets that are missing or refused
 * @param deletionTimeout how long a deleted OsImage waits for its registry
 * @param maxBuilds how many builds run at once
 * @param maxBuildsPerRegistry how many of them write to one registry
 * @param keptJobs which Jobs of ended builds are kept
 * @param gatewayUrl what machines reach the boot gateway by, without a slash at the end; empty
 *     without a gateway
 * @param progressInterval how often a running build is looked at
 * @param healthPort port of the health endpoints
 */
public record Settings(
    String builderImage,
    String builderPullPolicy,
    List<String> builderPullSecrets,
    ResourceRequirements builderResources,
    BuilderPod builderPod,
    BuilderNetwork builderNetwork,
    AllowedHosts allowedHosts,
    Duration timeout,
    Duration pendingTimeout,
    Duration retryInitial,
    Duration retryMax,
    Duration slowRetryInitial,
    Duration slowRetryMax,
    Duration credentialsWait,
    Duration deletionTimeout,
    int maxBuilds,
    int maxBuildsPerRegistry,
    KeptJobs keptJobs,
    Optional<String> gatewayUrl,
    Duration progressInterval,
    int healthPort) {

  /**
   * Jobs of ended builds that are kept for people to look at, with pod and log. The newest of an
   * OsImage is always kept: it is the record of what was done last.
   *
   * @param limit how many of each OsImage; at least 1
   * @param maxAge how long after the build began
   */
  public record KeptJobs(int limit, Duration maxAge) {}

  /** Reads the settings; {@link IllegalArgumentException} names the variable that is wrong. */
  public static Settings from(Map<String, String> env) {
    var variables = new Variables(env);
    variables.ascending("OSIMAGE_RETRY_INITIAL", "10s", "OSIMAGE_RETRY_MAX", "5m");
    variables.ascending("OSIMAGE_SLOW_RETRY_INITIAL", "1m", "OSIMAGE_SLOW_RETRY_MAX", "10m");
    return new Settings(
        variables.required("OSIMAGE_BUILDER_IMAGE"),
        variables.text("OSIMAGE_BUILDER_PULL_POLICY", "IfNotPresent"),
        variables.list("OSIMAGE_BUILDER_PULL_SECRETS"),
        variables.json("OSIMAGE_BUILDER_RESOURCES", ResourceRequirements.class),
        variables.json("OSIMAGE_BUILDER_POD", BuilderPod.class),
        variables.json("OSIMAGE_BUILDER_NETWORK", BuilderNetwork.class),
        allowedHosts(variables),
        variables.duration("OSIMAGE_TIMEOUT", "1h"),
        variables.duration("OSIMAGE_PENDING_TIMEOUT", "15m"),
        variables.duration("OSIMAGE_RETRY_INITIAL", "10s"),
        variables.duration("OSIMAGE_RETRY_MAX", "5m"),
        variables.duration("OSIMAGE_SLOW_RETRY_INITIAL", "1m"),
        variables.duration("OSIMAGE_SLOW_RETRY_MAX", "10m"),
        variables.duration("OSIMAGE_CREDENTIALS_WAIT", "2m"),
        variables.duration("OSIMAGE_DELETION_TIMEOUT", "5m"),
        variables.positive("OSIMAGE_MAX_BUILDS", 20),
        variables.positive("OSIMAGE_MAX_BUILDS_PER_REGISTRY", 10),
        new KeptJobs(
            variables.positive("OSIMAGE_KEPT_JOBS", 3),
            variables.duration("OSIMAGE_KEPT_JOBS_AGE", "168h", Durations::parseLong)),
        variables.url("OSIMAGE_GATEWAY_URL"),
        variables.duration("OSIMAGE_PROGRESS_INTERVAL", "5s"),
        8080);
  }

  private static AllowedHosts allowedHosts(Variables variables) {
    try {
      return new AllowedHosts(variables.list("OSIMAGE_ALLOWED_HOSTS"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("OSIMAGE_ALLOWED_HOSTS: " + e.getMessage(), e);
    }
  }

  record Variables(Map<String, String> env) {

    String required(String name) {
      var value = env.get(name);
      if (value == null || value.isBlank()) {
        throw new IllegalArgumentException(name + " is not set");
      }
      return value;
    }

    String text(String name, String fallback) {
      var value = env.get(name);
      return value == null || value.isBlank() ? fallback : value;
    }

    List<String> list(String name) {
      return Arrays.stream(text(name, "").split(",", -1))
          .map(String::strip)
          .filter(item -> !item.isEmpty())
          .toList();
    }

    Optional<String> url(String name) {
      var value = text(name, "");
      if (!value.isEmpty()
          && (!value.matches("https?://[A-Za-z0-9.:\\[\\]-]+(/[A-Za-z0-9._~/-]*)?")
              || value.endsWith("/"))) {
        throw new IllegalArgumentException(
            name + " is not of the form http://host[:port][/path], without a slash at the end");
      }
      return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    int positive(String name, int fallback) {
      var value = text(name, String.valueOf(fallback));
      if (!value.matches("[1-9]\\d{0,5}")) {
        throw new IllegalArgumentException(name + " is not a number from 1 to 999999");
      }
      return Integer.parseInt(value);
    }

    Duration duration(String name, String fallback) {
      return duration(name, fallback, Durations::parse);
    }

    private Duration duration(String name, String fallback, Function<String, Duration> parse) {
      try {
        return parse.apply(text(name, fallback));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
      }
    }

    /** Refuses a first pause that is longer than the longest. */
    void ascending(String first, String firstFallback, String longest, String longestFallback) {
      if (duration(first, firstFallback).compareTo(duration(longest, longestFallback)) > 0) {
        throw new IllegalArgumentException(first + " is more than " + longest);
      }
    }

    int number(String name, int fallback) {
      var value = text(name, String.valueOf(fallback));
      if (!value.matches("\\d{1,9}")) {
        throw new IllegalArgumentException(name + ": '" + value + "' is no number from 0 on");
      }
      return Integer.parseInt(value);
    }

    <T> T json(String name, Class<T> type) {
      try {
        return Wire.read(text(name, "{}").getBytes(StandardCharsets.UTF_8), type);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            name + " is not the JSON object that it should be: " + innermost(e), e);
      }
    }

    private static String innermost(Throwable e) {
      var cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      // Jackson adds where it was, and a part of the text, on further lines.
      return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }
  }
}
