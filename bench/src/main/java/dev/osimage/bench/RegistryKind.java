package dev.osimage.bench;

import java.util.List;

/** The registries that both sides work with. */
enum RegistryKind {
  DISTRIBUTION_3("registry", "distribution 3"),
  DISTRIBUTION_2("docker-registry", "distribution 2.8");

  static final List<RegistryKind> ALL = List.of(values());

  private final String program;
  private final String title;

  RegistryKind(String program, String title) {
    this.program = program;
    this.title = title;
  }

  String program() {
    return program;
  }

  String title() {
    return title;
  }
}
