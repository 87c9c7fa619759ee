package dev.osimage.oci.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Something that happens to certain requests. {@code Rule.first(2, Step.UPLOAD_PATCH).answers(...)}
 * reads as it works; requests beyond the count go on as usual.
 */
public final class Rule implements Fault {

  @FunctionalInterface
  interface Act {
    Answer answer(Exchange exchange, FaultRegistry registry, Exchange.Handler next)
        throws IOException;
  }

  /**
   * Which requests: those of these steps, without the first {@code skip}, at most {@code count}.
   */
  public record When(Set<Step> steps, int skip, int count) {

    /** The same without the first so many requests. */
    public When after(int requests) {
      return new When(steps, requests, count);
    }

    /** Answers like this; the registry never hears of the request, whose body is read. */
    public Rule answers(Answer answer) {
      return new Rule(this, (exchange, registry, next) -> answer);
    }

    /** Answers like this before the body is read, and then ignores the rest of it. */
    public Rule answersEarly(Answer answer) {
      return answers(answer.by(new Answer.Delivery.Early(false)));
    }

    /** Answers like this before the body is read, and then resets the connection. */
    public Rule answersEarlyAndResets(Answer answer) {
      return answers(answer.by(new Answer.Delivery.Early(true)));
    }

    /** Does what was asked, and answers like this nevertheless. */
    public Rule answersAfterwards(Answer answer) {
      return edits(ignored -> answer);
    }

    /** Does what was asked, and changes the answer. */
    public Rule edits(UnaryOperator<Answer> change) {
      return new Rule(this, (exchange, registry, next) -> change.apply(next.answer(exchange)));
    }

    /** Does what was asked, and replaces a header of the answer. */
    public Rule header(String name, String value) {
      return edits(answer -> answer.header(name, value));
    }

    /** Claims another Content-Length; none when negative. */
    public Rule claimsLength(long length) {
      return edits(answer -> answer.length(length));
    }

    /** Changes the body's byte at this place. */
    public Rule flipsByte(int index) {
      return edits(answer -> {
        var body = answer.body().clone();
        if (index < body.length) {
          body[index] ^= 1;
        }
        return answer.body(body).length(answer.length());
      });
    }

    /** Does what was asked, and resets the connection instead of answering. */
    public Rule losesAnswer() {
      return edits(answer -> answer.by(new Answer.Delivery.Reset()));
    }

    /** Ends the connection after the head and so many bytes of the body of the answer. */
    public Rule cutsAnswer(long bytes) {
      return edits(answer -> answer.by(new Answer.Delivery.Cut(bytes)));
    }

    /** Resets the connection when so many bytes of the body of the request were read. */
    public Rule cutsRequest(long bytes) {
      return new Rule(
          this,
          (exchange, registry, next) -> {
            exchange.body().cutAfter(bytes);
            return next.answer(exchange);
          });
    }

    /** Resets the connection without doing anything. */
    public Rule resets() {
      return answers(Answer.of(500).by(new Answer.Delivery.Reset()));
    }

    /** Reads what comes, and never answers. */
    public Rule hangs() {
      return answers(Answer.of(500).by(new Answer.Delivery.Never()));
    }

    /** Answers byte by byte, with this time between them. */
    public Rule trickles(Duration gap) {
      return edits(answer -> answer.by(new Answer.Delivery.Slow(gap)));
    }

    /** Sends these characters instead of an answer, and ends the connection. */
    public Rule says(String raw) {
      return answers(Answer.of(500).by(new Answer.Delivery.Raw(raw)));
    }

    /** Lets something else happen before the request is looked at. */
    public Rule runs(Consumer<FaultRegistry> event) {
      return new Rule(
          this,
          (exchange, registry, next) -> {
            event.accept(registry);
            return next.answer(exchange);
          });
    }

    /** Withdraws every token that was issued so far, as if time had passed. */
    public Rule expiresTokens() {
      return runs(FaultRegistry::expireTokens);
    }
  }

  private final When when;
  private final Act act;

  private Rule(When when, Act act) {
    this.when = when;
    this.act = act;
  }

  /** Every request of these steps. */
  public static When always(Step... steps) {
    return first(Integer.MAX_VALUE, steps);
  }

  /** The first so many requests of these steps, counted together. */
  public static When first(int count, Step... steps) {
    return new When(Set.of(steps), 0, count);
  }

  /** The first request of these steps. */
  public static When once(Step... steps) {
    return first(1, steps);
  }

  When when() {
    return when;
  }

  Act act() {
    return act;
  }
}
