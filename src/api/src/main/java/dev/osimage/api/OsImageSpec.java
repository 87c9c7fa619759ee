package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the user wants: which files make up the image, how they are described, and where the result
 * goes. Absent optional fields are null; the API server refuses what the validation rules here
 * refuse, so a stored spec always satisfies them.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "self.format != 'onmetal' || (has(self.files.kernel) && has(self.files.initramfs) &&"
            + " has(self.files.rootfs) && !has(self.files.squashfs) && !has(self.files.uki) &&"
            + " !has(self.files.iso))",
    message =
        "format onmetal takes exactly the files kernel, initramfs and rootfs: add what is missing,"
            + " remove the others, or use format ironcore")
@ValidationRule(
    value = "self.format != 'ironcore-legacy' || (!has(self.files.uki) && !has(self.files.iso))",
    message = "format ironcore-legacy has no uki and no iso: remove them, or use format ironcore")
@ValidationRule(
    value =
        "(has(self.files.kernel) && has(self.files.kernel.inline) ?"
            + " size(bytes(self.files.kernel.inline)) : 0)"
            + " + (has(self.files.initramfs) && has(self.files.initramfs.inline) ?"
            + " size(bytes(self.files.initramfs.inline)) : 0)"
            + " + (has(self.files.rootfs) && has(self.files.rootfs.inline) ?"
            + " size(bytes(self.files.rootfs.inline)) : 0)"
            + " + (has(self.files.squashfs) && has(self.files.squashfs.inline) ?"
            + " size(bytes(self.files.squashfs.inline)) : 0)"
            + " + (has(self.files.uki) && has(self.files.uki.inline) ?"
            + " size(bytes(self.files.uki.inline)) : 0)"
            + " + (has(self.files.iso) && has(self.files.iso.inline) ?"
            + " size(bytes(self.files.iso.inline)) : 0) <= 131072",
    message =
        "all inline texts together must be at most 131072 bytes (128 KiB): serve the larger files"
            + " over HTTP and name them by http.url and http.digest")
public record OsImageSpec(
    @Required
        @JsonPropertyDescription(
            "CPU architecture of the machines that boot this image, in the spelling of OCI and Go:"
                + " amd64 or arm64. One OsImage is for one architecture.")
        Architecture architecture,
    @Default("ironcore")
        @JsonPropertyDescription(
            "Which tools shall be able to read the artifact. 'ironcore' (default): what"
                + " ironcore-image 0.2.5 and later write and the ironcore providers and"
                + " boot-operator read. 'ironcore-legacy': the v1alpha1 media types of"
                + " ironcore-image up to 0.2.4, which FeOS reads. 'onmetal': what onmetal-image"
                + " writes and reads.")
        @Nullable Format format,
    @Size(max = 4096)
        @ValidationRule(
            value = "!self.matches('[\\\\x00-\\\\x1f\\\\x7f]')",
            message = "commandLine must be one line without control characters")
        @JsonPropertyDescription(
            "Kernel command line, stored in the artifact's config for whoever boots it. One line,"
                + " at most 4096 characters; x86 kernels read the first 2047.")
        @Nullable String commandLine,
    @Required
        @JsonPropertyDescription(
            "The files the image is made of. At least one; which ones are needed depends on the"
                + " format.")
        Files files,
    @Size(max = 64)
        @ValidationRule(
            value = "!('commandLine' in self)",
            message = "config must not contain 'commandLine': use the field spec.commandLine")
        @ValidationRule(
            value = "self.all(k, size(k) > 0 && size(k) <= 128)",
            message = "each key in config must have 1 to 128 characters")
        @JsonPropertyDescription(
            "Extra text fields for the artifact's config, such as {\"os-release\": \"1592.1\"}."
                + " They follow commandLine, sorted by key.")
        @Nullable Map<String, String> config,
    @JsonPropertyDescription("OCI annotations for the manifest and for its config.")
        @Nullable Annotations annotations,
    @Required @JsonPropertyDescription("Where the artifact is published.") Destination destination,
    @Default("Header")
        @JsonPropertyDescription(
            "What is checked before publishing. 'Header' (default): kernel and uki must begin like"
                + " a kernel or an EFI executable of this architecture. \"Off\" (in quotes: YAML takes the bare word for false): nothing.")
        @Nullable BootCheck bootCheck,
    @JsonPropertyDescription(
            "True stops building: a running build is cancelled and no new one starts. What is"
                + " published stays.")
        @Nullable Boolean suspend,
    @Size(max = 32)
        @ValidationRule(value = Durations.RULE, message = "timeout " + Durations.SENTENCE)
        @JsonPropertyDescription(
            "How long one build may run, counted from the start of the builder, such as 30m or"
                + " 1h30m. Without it, the operator's default (1h unless the administrator changed it).")
        @Nullable String timeout,
    @Size(max = 32)
        @ValidationRule(value = Durations.RULE, message = "pendingTimeout " + Durations.SENTENCE)
        @JsonPropertyDescription(
            "How long the builder pod may take until it runs (scheduling, image pull), such as 5m."
                + " Without it, the operator's default (15m unless the administrator changed it).")
        @Nullable String pendingTimeout,
    @JsonPropertyDescription("How often a failed build is tried again.") @Nullable Retry retry,
    @JsonPropertyDescription(
            "Looks from time to time whether the registry still has what was published. Without it,"
                + " that is only looked at when the annotation reconcile.osimage.dev/requestedAt"
                + " asks for it.")
        @Nullable Drift drift,
    @JsonPropertyDescription(
            "How long earlier artifacts are kept. With it, the content tags (osimage-…) of those that"
                + " are no longer kept are removed from the registry; without it, they stay.")
        @Nullable Retention retention,
    @Default("Retain")
        @JsonPropertyDescription(
            "What becomes of the published artifacts when this object is deleted. 'Retain'"
                + " (default): they stay. 'Untag': their tags are removed. 'Delete': their manifests"
                + " are deleted. What another OsImage has published too stays in any case. With"
                + " Untag and Delete, deleting waits for the registry, within a bound.")
        @Nullable DeletionPolicy deletionPolicy) {

  /** The format, with its default when the object did not pass through the API server. */
  public Format effectiveFormat() {
    return format == null ? Format.IRONCORE : format;
  }

  /** The boot check, with its default when the object did not pass through the API server. */
  public BootCheck effectiveBootCheck() {
    return bootCheck == null ? BootCheck.HEADER : bootCheck;
  }

  /** The deletion policy, with its default when the object did not pass through the API server. */
  public DeletionPolicy effectiveDeletionPolicy() {
    return deletionPolicy == null ? DeletionPolicy.RETAIN : deletionPolicy;
  }

  /** What happens when the registry has lost the artifact: without drift, it is only said. */
  public OnLost effectiveOnLost() {
    return drift == null ? OnLost.REPORT : drift.effectiveOnLost();
  }

  /** How many earlier artifacts are kept. */
  public int effectiveHistory() {
    return retention == null ? OsImageStatus.MAX_HISTORY : retention.effectiveHistory();
  }

  /** Whether building is suspended. */
  public boolean suspended() {
    return Boolean.TRUE.equals(suspend);
  }
}
