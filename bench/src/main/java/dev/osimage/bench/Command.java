package dev.osimage.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a shell runs: pipes of programs, one after the other for as long as none fails. */
record Command(List<Pipe> pipes) {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  Command {
    pipes = List.copyOf(pipes);
  }

  /** Programs that run at the same time, and the file that the last one writes to. */
  record Pipe(List<List<String>> programs, @Nullable String into) {

    Pipe {
      programs = programs.stream().map(List::copyOf).toList();
    }
  }

  /** One program. */
  static Command of(String... words) {
    return new Command(List.of(new Pipe(List.of(List.of(words)), null)));
  }

  /** Another program that reads what the last one writes. */
  Command pipe(String... words) {
    var programs = new ArrayList<>(pipes.getLast().programs());
    programs.add(List.of(words));
    return withLast(new Pipe(programs, pipes.getLast().into()));
  }

  /** The file that the last program writes to. */
  Command into(String file) {
    return withLast(new Pipe(pipes.getLast().programs(), file));
  }

  /** Another command after this one. */
  Command then(Command next) {
    var all = new ArrayList<>(pipes);
    all.addAll(next.pipes());
    return new Command(all);
  }

  private Command withLast(Pipe last) {
    var all = new ArrayList<>(pipes.subList(0, pipes.size() - 1));
    all.add(last);
    return new Command(all);
  }

  /**
   * The script for {@code bash -o pipefail}, in which {@code prefix} stands before every program;
   * {@code %d} in it becomes the number of the pipe.
   */
  String script(String prefix) {
    var text = new ArrayList<String>();
    for (int i = 0; i < pipes.size(); i++) {
      int number = i;
      var pipe = pipes.get(i);
      var programs =
          pipe.programs().stream()
              .map(words ->
                  prefix.replace("%d", String.valueOf(number))
                      + words.stream().map(Command::quoted).collect(Collectors.joining(" ")))
              .collect(Collectors.joining(" | "));
      text.add(programs + (pipe.into() == null ? "" : " >" + quoted(pipe.into())));
    }
    return String.join(" && ", text);
  }

  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** The line that somebody would type. */
  @Override
  public String toString() {
    return script("");
  }
}
