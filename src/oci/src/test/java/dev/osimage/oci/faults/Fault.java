package dev.osimage.oci.faults;

/** Something that a registry does differently from a good one; any number of them go together. */
public sealed interface Fault permits Quirk, Quirk.Setting, Rule, Profile {}
