// One session on the page: what is known of it, what the person may do now, and the calls behind that.

import { RoundState, type Candidate } from "../gen/multibo/v1/round_pb";
import { SessionState, SessionView } from "../gen/multibo/v1/session_pb";
import { COMMAND_MS, type Api } from "./calls";
import { readRounds, withChoice, type Choice } from "./choices";
import { feedbackOf } from "./feedback";
import { readAdvice, readRecommendation } from "./insight";
import { isBehind, isOver, isPending, knowledgeOf, withEvent, withRound, withSession, type Knowledge } from "./knowledge";
import { describe, isOutdated, isPassing, retryMs, type Problem } from "./problem";
import { newRequestId } from "./request_id";
import { Step } from "./step";
import { canRedo, canUndo, isCommand, isResting, OPENING, type Answer, type Phase, type View } from "./view";
import { SessionWatch } from "./watch";

/** After how many answers the person hears whether going on is worth it. */
const ADVICE_EVERY = 5;

export class Search {
  private view: View = OPENING;
  /** Where a command that fails leads back to. */
  private resting: Phase = "choosing";
  private readonly watch: SessionWatch;
  private retryAction: (() => Promise<void>) | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly api: Api,
    readonly name: string,
    private readonly onView: (view: View) => void,
  ) {
    this.watch = new SessionWatch(api, name, {
      onEvent: (event) => this.learn((known) => withEvent(known, event)),
      onSession: (session) => this.learn((known) => withSession(known, session)),
      onConnection: (connected) => this.connection(connected),
      onGone: (error) => this.fail(error),
      isWaiting: () => this.view.phase !== "result",
    });
  }

  /** Fetches the session and goes on where it stands. */
  async open(): Promise<void> {
    await this.attempt(async () => {
      await this.refresh();
      void this.watch.start();
      await this.advance();
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.watch.stop();
  }

  /** Looks for news at once, say because the page became visible again. */
  nudge(): void {
    this.watch.nudge();
  }

  /** Answers the open round; ignored unless an answer is wanted, so a double click is one answer. */
  async answer(answer: Answer, shown: number[], responseMs: number): Promise<void> {
    const round = this.view.known?.round;
    if (this.view.phase !== "choosing" || round === undefined || !isPending(round)) return;
    this.show({ phase: "answering", answer });
    const feedback = feedbackOf(answer, shown, responseMs);
    // Made once per answer: however often the call is repeated, it is one answer.
    const request = { name: round.name, feedback, requestId: newRequestId() };
    await this.attempt(async () => {
      const reply = await this.api.rounds.submitFeedback(request, { timeoutMs: COMMAND_MS });
      this.learn((known) => withSession(withRound(known, reply.round), reply.session));
      this.show({ phase: "proposing" });
      await this.advance();
      void this.advise();
    });
  }

  /** Takes the last answer back; ignored while anything is under way. */
  async undo(): Promise<void> {
    if (canUndo(this.view)) await this.step("undoing");
  }

  /** Gives the answer taken back last again. */
  async redo(): Promise<void> {
    if (canRedo(this.view)) await this.step("redoing");
  }

  /** Leaves the open round for one farther from it; trains nothing. */
  async vary(): Promise<void> {
    const round = this.view.known?.round;
    if (this.view.phase !== "choosing" || round === undefined || !isPending(round)) return;
    this.show({ phase: "varying" });
    const request = { name: round.name, requestId: newRequestId() };
    await this.attempt(async () => {
      const reply = await this.api.rounds.requestVariety(request, { timeoutMs: COMMAND_MS });
      this.learn((known) => withRound(known, reply.round));
      await this.advance();
    });
  }

  /** Draws a failed candidate once more. */
  async redraw(candidate: Candidate): Promise<void> {
    const request = { name: candidate.name, requestId: newRequestId() };
    await this.attempt(async () => {
      await this.api.rounds.retryCandidate(request, { timeoutMs: COMMAND_MS });
    });
  }

  /** Leaves a failed round behind. */
  async proposeAnother(): Promise<void> {
    await this.attempt(() => this.propose());
  }

  /** Ends the session with the recommendation. */
  async finish(): Promise<void> {
    await this.attempt(async () => {
      this.show({ phase: "concluding" });
      const recommendation = await readRecommendation(this.api, this.name);
      const acceptedCandidate = recommendation?.shown?.candidate?.name ?? "";
      const request = { name: this.name, acceptedCandidate };
      const { session } = await this.api.sessions.finishSession(request, { timeoutMs: COMMAND_MS });
      this.learn((known) => withSession(known, session));
      await this.conclude();
    });
  }

  /** Repeats what failed. */
  async retry(): Promise<void> {
    const action = this.retryAction;
    if (action !== undefined) await this.attempt(action);
  }

  dismiss(): void {
    this.show({ problem: undefined });
    if (!isCommand(this.view.phase)) return;
    // Without its message a command that failed could never be repeated: give it up.
    clearTimeout(this.retryTimer);
    this.retryAction = undefined;
    this.show({ phase: this.resting, answer: undefined });
  }

  dismissAdvice(): void {
    this.show({ advice: undefined });
  }

  /** Goes back or forth by one answer. */
  private async step(phase: "undoing" | "redoing"): Promise<void> {
    const seen = this.view.known!;
    const step = new Step(this.api, this.name, phase, seen.session.etag);
    this.show({ phase, answer: undefined });
    await this.attempt(async () => {
      const session = await step.take(() => this.etagIfStill(seen));
      this.learn((known) => withSession(known, session));
      if (phase === "redoing") await this.readChoices();
      await this.advance();
    });
  }

  /** Returns the etag of the session as it is; undefined if it does not stand where the person saw it. */
  private async etagIfStill(seen: Knowledge): Promise<string | undefined> {
    await this.refresh();
    const { session, round } = this.view.known!;
    const isStill = session.feedbackCount === seen.session.feedbackCount && round?.name === seen.round?.name;
    return isStill ? session.etag : undefined;
  }

  private async advise(): Promise<void> {
    const { phase, known } = this.view;
    const answers = known!.session.feedbackCount;
    if (phase !== "choosing" || answers % ADVICE_EVERY !== 0) return;
    const text = await readAdvice(this.api, this.name);
    if (text !== "") this.show({ advice: { text, answers } });
  }

  private async refresh(): Promise<void> {
    const reply = await this.api.sessions.getSession({ name: this.name, view: SessionView.FULL });
    if (reply.session === undefined) return;
    await this.readChoices();
    // Folded in, not put in place: a round may have been proposed since the session was read.
    const { known } = this.view;
    this.show({ known: known === undefined ? knowledgeOf(reply.session) : withSession(known, reply.session) });
  }

  private async readChoices(): Promise<void> {
    const rounds = await readRounds(this.api, this.name);
    this.show({ choices: rounds.reduce<readonly Choice[]>(withChoice, []), start: rounds[0]?.candidates[0] });
  }

  /** Goes on from what is known: to the open round, to a new one, or to the result. */
  private async advance(): Promise<void> {
    // Another window may have gone back while a command was under way.
    if (isBehind(this.view.known!)) await this.refresh();
    const { session, round } = this.view.known!;
    if (isOver(session)) {
      await this.conclude();
    } else if (isPending(round)) {
      this.show({ phase: "choosing", answer: undefined });
    } else if (round?.state === RoundState.FAILED) {
      this.show({ phase: "failed", answer: undefined });
    } else {
      await this.propose();
    }
  }

  private async propose(): Promise<void> {
    this.show({ phase: "proposing" });
    try {
      const { round } = await this.api.rounds.proposeRound({ parent: this.name }, { timeoutMs: COMMAND_MS });
      this.learn((known) => withRound(known, round));
      // The watch may have brought the round before, and the person answered it already.
      if (this.view.phase === "proposing") this.show({ phase: "choosing", answer: undefined });
    } catch (error) {
      if (describe(error).reason !== "BUDGET_SPENT") throw error;
      await this.conclude();
    }
  }

  private async conclude(): Promise<void> {
    this.show({ phase: "concluding" });
    const recommendation = await readRecommendation(this.api, this.name);
    this.show({ phase: "result", recommendation, answer: undefined });
    if (this.view.known?.session.state === SessionState.FINISHED) this.watch.stop();
  }

  private learn(step: (known: Knowledge) => Knowledge): void {
    if (this.view.known === undefined) return;
    const known = step(this.view.known);
    if (known === this.view.known) return;
    const { round } = known;
    const choices = round === undefined ? this.view.choices : withChoice(this.view.choices, round);
    const start = this.view.start ?? (round?.number === 0 ? round.candidates[0] : undefined);
    this.show({ known, choices, start });
    this.follow(known);
  }

  /** Follows what happened: a round is there, a failed picture was drawn after all, another window answered. */
  private follow(known: Knowledge): void {
    const { session, round } = known;
    const { phase } = this.view;
    if (isResting(phase) && isBehind(known)) {
      void this.attempt(() => this.startAgain(), this.news());
      return;
    }
    const isAwaited = phase === "failed" || phase === "proposing";
    if (isAwaited && isPending(round)) this.show({ phase: "choosing", answer: undefined });
    if (phase === "choosing" && (isOver(session) || !isPending(round))) {
      void this.attempt(() => this.advance(), this.news());
    }
  }

  /** What the page has just been told to be behind of: it stays readable while the page follows. */
  private news(): Problem | undefined {
    const { problem } = this.view;
    return problem !== undefined && isOutdated(problem) ? problem : undefined;
  }

  private connection(connected: boolean): void {
    if (connected !== this.view.connected) this.show({ connected });
    if (connected && isPassing(this.view.problem)) void this.retry();
  }

  /** Runs an action beside what stays on the banner; if it fails, shows why and keeps it for a retry. */
  private async attempt(action: () => Promise<void>, problem?: Problem): Promise<void> {
    clearTimeout(this.retryTimer);
    this.retryAction = undefined;
    if (this.view.problem !== problem) this.show({ problem });
    try {
      await action();
    } catch (error) {
      this.fail(error, action);
    }
  }

  private fail(error: unknown, action?: () => Promise<void>): void {
    if (this.closed) return;
    const problem = describe(error);
    if (problem.canRetry && action !== undefined) {
      this.retryAction = action;
      const waitMs = retryMs(problem);
      if (waitMs !== undefined) this.retryTimer = setTimeout(() => void this.retry(), waitMs);
    } else if (isCommand(this.view.phase)) {
      this.show({ phase: this.resting, answer: undefined });
    }
    this.show({ problem });
    if (isOutdated(problem)) void this.attempt(() => this.startAgain(), problem);
  }

  private async startAgain(): Promise<void> {
    await this.refresh();
    await this.advance();
  }

  private show(change: Partial<View>): void {
    if (this.closed) return;
    if (change.phase !== undefined && isResting(change.phase)) this.resting = change.phase;
    this.view = { ...this.view, ...change };
    this.onView(this.view);
  }
}
