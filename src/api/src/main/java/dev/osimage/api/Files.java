package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The files of an OS image by role; absent ones are null. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "has(self.kernel) || has(self.initramfs) || has(self.rootfs) || has(self.squashfs) ||"
            + " has(self.uki) || has(self.iso)",
    message =
        "files is empty: name at least one of kernel, initramfs, rootfs, squashfs, uki and iso")
public record Files(
    @ValidationRule(
            value = FileSource.UNTOUCHED,
            message = FileSource.SAME_DIGEST,
            fieldPath = ".digest")
        @JsonPropertyDescription(
            "The Linux kernel as boot loaders take it: bzImage on amd64, Image (or an EFI zboot"
                + " image) on arm64.")
        @Nullable FileSource kernel,
    @ValidationRule(
            value = FileSource.UNTOUCHED,
            message = FileSource.SAME_DIGEST,
            fieldPath = ".digest")
        @JsonPropertyDescription("The initial RAM file system (cpio, usually compressed).")
        @Nullable FileSource initramfs,
    @JsonPropertyDescription(
            "The root file system. Virtual machine providers of ironcore expect a raw image of a"
                + " whole disk here.")
        @Nullable FileSource rootfs,
    @JsonPropertyDescription(
            "The root file system as squashfs, for machines that boot over the network. Do not"
                + " combine it with rootfs in one image for virtual machines: released providers"
                + " boot the wrong one.")
        @Nullable FileSource squashfs,
    @ValidationRule(
            value = FileSource.UNTOUCHED,
            message = FileSource.SAME_DIGEST,
            fieldPath = ".digest")
        @JsonPropertyDescription(
            "A unified kernel image: kernel, initramfs and command line in one EFI executable, for"
                + " UEFI HTTP boot.")
        @Nullable FileSource uki,
    @JsonPropertyDescription("A bootable ISO 9660 image, for virtual media.")
        @Nullable FileSource iso) {}
