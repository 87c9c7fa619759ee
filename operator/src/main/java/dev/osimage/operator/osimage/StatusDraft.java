package dev.osimage.operator.osimage;

import dev.osimage.api.Artifact;
import dev.osimage.api.Boot;
import dev.osimage.api.Build;
import dev.osimage.api.Check;
import dev.osimage.api.Condition;
import dev.osimage.api.OsImageStatus;
import dev.osimage.api.Part;
import dev.osimage.api.Published;
import dev.osimage.api.Retired;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A status in the making: what was there before, as far as nothing else is set. */
final class StatusDraft {

  @Nullable Long observedGeneration;
  @Nullable List<Condition> conditions;
  @Nullable Artifact artifact;
  @Nullable List<Part> parts;
  @Nullable Boot boot;
  @Nullable Build build;
  @Nullable String nextRetryTime;
  @Nullable List<Published> history;
  @Nullable String lastHandledReconcileAt;
  @Nullable String lastHandledRebuildAt;
  @Nullable Check check;
  @Nullable Check failedCheck;
  @Nullable List<String> losses;
  @Nullable List<Retired> retired;

  StatusDraft(OsImageStatus before) {
    observedGeneration = before.observedGeneration();
    conditions = before.conditions();
    artifact = before.artifact();
    parts = before.parts();
    boot = before.boot();
    build = before.build();
    nextRetryTime = before.nextRetryTime();
    history = before.history();
    lastHandledReconcileAt = before.lastHandledReconcileAt();
    lastHandledRebuildAt = before.lastHandledRebuildAt();
    check = before.check();
    failedCheck = before.failedCheck();
    losses = before.losses();
    retired = before.retired();
  }

  /** The status; empty lists are absent in it. */
  OsImageStatus status() {
    return new OsImageStatus(
        observedGeneration,
        conditions,
        artifact,
        parts,
        boot,
        build,
        nextRetryTime,
        unlessEmpty(history),
        lastHandledReconcileAt,
        lastHandledRebuildAt,
        check,
        failedCheck,
        unlessEmpty(losses),
        unlessEmpty(retired));
  }

  private static <T> @Nullable List<T> unlessEmpty(@Nullable List<T> list) {
    return list == null || list.isEmpty() ? null : list;
  }
}
