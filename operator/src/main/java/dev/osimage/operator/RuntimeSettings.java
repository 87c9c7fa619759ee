package dev.osimage.operator;

import dev.osimage.operator.runtime.LeaseSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the administrator sets about the process, from environment variables, as {@link Settings} is
 * about builds.
 *
 * @param watchedNamespaces the namespaces whose OsImages are looked at; empty is all
 * @param lease how several operators agree on one; empty is a process that is alone
 * @param metricsObjects how many objects get metrics of their own
 */
record RuntimeSettings(
    List<String> watchedNamespaces, Optional<LeaseSettings> lease, int metricsObjects) {

  /** Reads the settings; {@link IllegalArgumentException} names the variable that is wrong. */
  static RuntimeSettings from(Map<String, String> env) {
    var variables = new Settings.Variables(env);
    return new RuntimeSettings(
        variables.list("OSIMAGE_WATCH_NAMESPACES"),
        lease(variables),
        variables.number("OSIMAGE_METRICS_OBJECTS", 1000));
  }

  private static Optional<LeaseSettings> lease(Settings.Variables variables) {
    var name = variables.text("OSIMAGE_LEASE_NAME", "");
    if (name.isEmpty()) {
      return Optional.empty();
    }
    var namespace = variables.required("OSIMAGE_NAMESPACE");
    var identity = variables.required("OSIMAGE_POD_NAME");
    var duration = variables.duration("OSIMAGE_LEASE_DURATION", "10s");
    var deadline = variables.duration("OSIMAGE_LEASE_RENEW_DEADLINE", "7s");
    var period = variables.duration("OSIMAGE_LEASE_RETRY_PERIOD", "2s");
    try {
      return Optional.of(new LeaseSettings(namespace, name, identity, duration, deadline, period));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "OSIMAGE_LEASE_DURATION, OSIMAGE_LEASE_RENEW_DEADLINE and OSIMAGE_LEASE_RETRY_PERIOD: "
              + e.getMessage(),
          e);
    }
  }
}
