package dev.osimage.api;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * One bootable OS image for one architecture, published as one OCI artifact. Names are at most 50
 * characters long, because Jobs, Pods and labels derived from them end at 63.
 */
@Group(OsImage.GROUP)
@Version("v1alpha1")
@Kind("OsImage")
@Plural("osimages")
@Singular("osimage")
@ShortNames("osi")
@ValidationRule(
    value = "size(self.metadata.name) <= 50",
    message =
        "metadata.name must be at most 50 characters long: names of Jobs and Pods are made from it")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Progress",
    jsonPath = ".status.build.progress",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Arch",
    jsonPath = ".spec.architecture",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Built",
    jsonPath = ".status.artifact.builtAt",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
    name = "Tag moved",
    jsonPath = ".status.conditions[?(@.type==\"TagMoved\")].status",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Digest",
    jsonPath = ".status.artifact.digest",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Message",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
public class OsImage extends CustomResource<OsImageSpec, OsImageStatus> implements Namespaced {

  /** Annotation: another value asks the operator to look, and to try again, at once. */
  public static final String RECONCILE_REQUESTED_AT = "reconcile.osimage.dev/requestedAt";

  /** Annotation: another value asks for a new build of what is published already. */
  public static final String REBUILD_REQUESTED_AT = "rebuild.osimage.dev/requestedAt";

  /** Finalizer of those whose {@link DeletionPolicy} has something to be done at the registry. */
  public static final String FINALIZER = "osimage.dev/registry";

  /** The API group of all kinds of this project. */
  public static final String GROUP = "osimage.dev";
}
