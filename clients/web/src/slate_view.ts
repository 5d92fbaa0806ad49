// The slate: K tiles, laid out as large as they fit, and the answers to it: one of them, none, or other ones.

import { CandidateRole, RoundState, type Candidate, type Round } from "../gen/multibo/v1/round_pb";
import { byId, make, setText } from "./elements";
import { bestGrid } from "./grid";
import type { Images } from "./images";
import { countReady } from "./knowledge";
import { Tile } from "./tile";
import type { Answer, View } from "./view";

export interface SlateActions {
  answer(answer: Answer, shown: number[], responseMs: number): void;
  vary(): void;
  redraw(candidate: Candidate): void;
  proposeAnother(): void;
}

/** The second click of a double click must not land on the next slate. */
const SETTLE_MS = 350;
/** With fewer pictures there is nothing to compare. */
const MIN_SHOWN = 2;
const GAP_PX = 12;
const CAPTION_PX = 34;

export class SlateView {
  private readonly section = byId("search", HTMLElement);
  private readonly stage = this.section.querySelector<HTMLElement>(".stage")!;
  private readonly question = byId("question", HTMLHeadingElement);
  private readonly hint = byId("hint", HTMLParagraphElement);
  private readonly list = byId("slate", HTMLUListElement);
  private readonly none = byId("none", HTMLButtonElement);
  private readonly variety = byId("variety", HTMLButtonElement);
  private readonly another = byId("another", HTMLButtonElement);
  private tiles: Tile[] = [];
  private round = "";
  private lastShownMs = 0;
  private answerableMs = Infinity;
  private view: View | undefined;

  constructor(
    private readonly images: Images,
    private readonly actions: SlateActions,
  ) {
    new ResizeObserver(() => this.layOut()).observe(this.stage);
    window.addEventListener("resize", () => this.layOut());
    this.another.addEventListener("click", () => this.actions.proposeAnother());
    this.none.addEventListener("click", () => this.answer("none"));
    this.variety.addEventListener("click", () => this.vary());
  }

  update(view: View): void {
    this.view = view;
    const round = view.known?.round;
    // The answered slate stays, with the choice marked, until the next one is there.
    if (round === undefined || (view.phase === "proposing" && view.answer === undefined)) {
      this.showSkeletons(view.known?.session.spec?.slateSize ?? 4);
    } else {
      this.showRound(view);
    }
    this.another.hidden = view.phase !== "failed";
    setText(this.question, questionText(view));
    setText(this.hint, hintText(view));
    this.enable();
  }

  /** Answers the slate, if it takes one. */
  answer(answer: Answer): void {
    const shown = this.shownSlots;
    if (!this.isOpen || !this.isSettled || (answer !== "none" && !shown.includes(answer))) return;
    this.actions.answer(answer, shown, performance.now() - this.lastShownMs);
  }

  /** Asks for other pictures, if the slate takes an answer. */
  vary(): void {
    if (this.isOpen && this.isSettled) this.actions.vary();
  }

  private showSkeletons(n: number): void {
    if (this.round === "" && this.list.children.length === n) return;
    this.round = "";
    this.tiles = [];
    this.list.replaceChildren(...Array.from({ length: n }, () => skeleton()));
    this.layOut();
  }

  private showRound({ known }: View): void {
    const round = known!.round!;
    if (round.name !== this.round) {
      this.round = round.name;
      this.answerableMs = Infinity;
      const actions = {
        choose: (slot: number) => this.answer(slot),
        redraw: (candidate: Candidate) => this.actions.redraw(candidate),
        shown: () => this.shown(),
      };
      this.tiles = round.candidates.map((candidate) => new Tile(candidate, this.images, actions));
      this.list.replaceChildren(...this.tiles.map(({ element }) => element));
      this.layOut();
    }
    for (const tile of this.tiles) {
      const { progress, previews } = known!;
      tile.update(round.candidates[tile.slot]!, progress.get(tile.slot), previews.get(tile.slot));
    }
  }

  private shown(): void {
    this.lastShownMs = performance.now();
    if (this.shownSlots.length >= MIN_SHOWN) this.answerableMs = Math.min(this.answerableMs, this.lastShownMs);
    this.enable();
  }

  /** Slots the person sees, in display order. */
  private get shownSlots(): number[] {
    return this.tiles.filter(({ isShown }) => isShown).map(({ slot }) => slot);
  }

  private enable(): void {
    const isOpen = this.isOpen;
    for (const tile of this.tiles) tile.setAnswer(isOpen, this.view?.answer);
    this.none.disabled = !isOpen;
    this.variety.disabled = !isOpen;
    this.none.classList.toggle("said", this.view?.answer === "none");
  }

  private get isOpen(): boolean {
    return this.view?.phase === "choosing" && this.shownSlots.length >= MIN_SHOWN;
  }

  private get isSettled(): boolean {
    return performance.now() - this.answerableMs >= SETTLE_MS;
  }

  private layOut(): void {
    const n = this.list.children.length;
    if (n === 0 || this.section.hidden) return;
    const style = getComputedStyle(this.list);
    const widthPx = this.stage.clientWidth;
    const room = Number.parseFloat(style.getPropertyValue("--room-below")) || 0;
    const heightPx = window.innerHeight - (this.list.getBoundingClientRect().top + window.scrollY) - room;
    const { columns, sizePx } = bestGrid(n, { widthPx, heightPx }, GAP_PX, CAPTION_PX);
    this.list.style.setProperty("--columns", String(columns));
    this.list.style.setProperty("--tile", `${sizePx}px`);
  }
}

function skeleton(): HTMLElement {
  const item = make("li", "tile waiting", make("div", "picture"), make("div", "caption"));
  item.setAttribute("aria-hidden", "true");
  return item;
}

function questionText({ phase, known, answer }: View): string {
  if (phase === "undoing") return "Going back…";
  if (phase === "redoing") return "Going forward again…";
  if (phase === "varying") return "Looking elsewhere…";
  if (phase === "failed") return "These pictures could not be drawn";
  if (phase === "proposing" && (known?.session.feedbackCount ?? 0) > 0) return answer === "none" ? "Looking farther away…" : "Learning from your choice…";
  return isCasting(known?.round) ? "Which one shall we start from?" : "Which one is closest?";
}

/** Whether a slate shows start noises to choose from. */
function isCasting(round: Round | undefined): boolean {
  return round?.candidates.some(({ role }) => role === CandidateRole.CAST) === true;
}

function hintText({ phase, known }: View): string {
  const round = known?.round;
  if (phase === "failed") return "Try these again one by one, or have other ones drawn.";
  if (phase === "undoing" || phase === "redoing") return "";
  if (phase === "proposing" || phase === "varying" || round === undefined) return "The next pictures are on their way.";
  if (phase === "answering") return "Thank you.";
  if (round.degraded !== "") return "These pictures were picked at random; your choice counts all the same.";
  if (round.distinctness !== undefined && round.distinctness.note !== "") return round.distinctness.note;
  if (round.state === RoundState.RENDERING) {
    return `Drawing: ${countReady(round)} of ${round.candidates.length} ready.`;
  }
  if (isCasting(round)) return "Pick the one to start from; the others are other draws of your words.";
  return matchMedia("(pointer: coarse)").matches
    ? "Tap the one nearest to what you have in mind."
    : "Click the one nearest to what you have in mind, or press its number.";
}
