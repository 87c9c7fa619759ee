package dev.osimage.oci.faults;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The faults of one registry, which may change while it runs. */
final class Faults {

  /** A rule, and how many requests it was there for. */
  private record Counted(Rule rule, AtomicInteger seen) {

    boolean applies(Step step) {
      var when = rule.when();
      if (!when.steps().contains(step)) {
        return false;
      }
      int number = seen.getAndIncrement() - when.skip();
      return number >= 0 && number < when.count();
    }
  }

  private final Map<Quirk, Long> quirks = new ConcurrentHashMap<>();
  private final List<Counted> rules = new CopyOnWriteArrayList<>();

  void add(List<? extends Fault> faults) {
    for (var fault : faults) {
      switch (fault) {
        case Quirk quirk -> quirks.put(quirk, quirk.usual());
        case Quirk.Setting(Quirk quirk, long value) -> quirks.put(quirk, value);
        case Rule rule -> rules.add(new Counted(rule, new AtomicInteger()));
        case Profile profile -> add(profile.faults());
      }
    }
  }

  void clear() {
    quirks.clear();
    rules.clear();
  }

  boolean has(Quirk quirk) {
    return quirks.containsKey(quirk);
  }

  /** The number of a quirk, its usual one when it is off. */
  long value(Quirk quirk) {
    return quirks.getOrDefault(quirk, quirk.usual());
  }

  int status(Quirk quirk) {
    return (int) value(quirk);
  }

  /** Answers with all rules that apply; the first rule is the outermost. */
  Answer answer(Exchange exchange, FaultRegistry registry, Exchange.Handler handler)
      throws IOException {
    var next = handler;
    for (var counted : rules.reversed()) {
      if (counted.applies(exchange.request().step())) {
        var inner = next;
        next = each -> counted.rule().act().answer(each, registry, inner);
      }
    }
    return next.answer(exchange);
  }
}
