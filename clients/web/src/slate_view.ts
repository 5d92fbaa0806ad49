// The slate: K tiles, laid out as large as they fit, chosen by click or by number key.

import { RoundState, type Candidate } from "../gen/multibo/v1/round_pb";
import { byId, make, setText } from "./elements";
import { bestGrid } from "./grid";
import type { Images } from "./images";
import { countReady } from "./knowledge";
import type { View } from "./search";
import { Tile } from "./tile";

export interface SlateActions {
  choose(slot: number, shown: number[], responseMs: number): void;
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
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  update(view: View): void {
    this.view = view;
    const round = view.known?.round;
    // The answered slate stays, with the choice marked, until the next one is there.
    if (round === undefined || (view.phase === "proposing" && view.chosen === undefined)) {
      this.showSkeletons(view.known?.session.spec?.slateSize ?? 4);
    } else {
      this.showRound(view);
    }
    this.another.hidden = view.phase !== "failed";
    setText(this.question, questionText(view));
    setText(this.hint, hintText(view));
    this.enable();
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
        choose: (slot: number) => this.choose(slot),
        redraw: (candidate: Candidate) => this.actions.redraw(candidate),
        shown: () => this.shown(),
      };
      this.tiles = round.candidates.map((candidate) => new Tile(candidate, this.images, actions));
      this.list.replaceChildren(...this.tiles.map(({ element }) => element));
      this.layOut();
    }
    for (const tile of this.tiles) {
      tile.update(round.candidates[tile.slot]!, known!.progress.get(tile.slot));
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
    const open = this.view?.phase === "choosing" && this.shownSlots.length >= MIN_SHOWN;
    for (const tile of this.tiles) tile.setChoice(open, this.view?.chosen);
  }

  private choose(slot: number): void {
    const shown = this.shownSlots;
    const nowMs = performance.now();
    if (this.view?.phase !== "choosing" || shown.length < MIN_SHOWN || !shown.includes(slot)) return;
    if (nowMs - this.answerableMs < SETTLE_MS) return;
    this.actions.choose(slot, shown, nowMs - this.lastShownMs);
  }

  private pressed(event: KeyboardEvent): void {
    const isShortcut = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
    const isElsewhere = this.section.hidden || document.querySelector("dialog[open]") !== null;
    if (isShortcut || isElsewhere || !/^[1-8]$/.test(event.key)) return;
    this.choose(Number(event.key) - 1);
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

function questionText({ phase, known }: View): string {
  if (phase === "failed") return "These pictures could not be drawn";
  if (phase === "proposing" && (known?.session.feedbackCount ?? 0) > 0) return "Learning from your choice…";
  return "Which one is closest?";
}

function hintText({ phase, known }: View): string {
  const round = known?.round;
  if (phase === "failed") return "Try these again one by one, or have other ones drawn.";
  if (phase === "proposing" || round === undefined) return "The next pictures are on their way.";
  if (phase === "answering") return "Thank you.";
  if (round.degraded !== "") return "These pictures were picked at random; your choice counts all the same.";
  if (round.distinctness !== undefined && round.distinctness.note !== "") return round.distinctness.note;
  if (round.state === RoundState.RENDERING) {
    return `Drawing: ${countReady(round)} of ${round.candidates.length} ready.`;
  }
  return matchMedia("(pointer: coarse)").matches
    ? "Tap the one nearest to what you have in mind."
    : "Click the one nearest to what you have in mind, or press its number.";
}
