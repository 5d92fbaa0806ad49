// One candidate on the page: a skeleton with its progress and a sketch, then the picture, which is a button.

import { durationMs } from "@bufbuild/protobuf/wkt";
import { CandidateRole, CandidateState, type Candidate } from "../gen/multibo/v1/round_pb";
import { make, setText } from "./elements";
import type { Images, Picture } from "./images";
import type { Progress } from "./knowledge";
import { draw } from "./upscale";
import type { Answer } from "./view";

export interface TileActions {
  choose(slot: number): void;
  redraw(candidate: Candidate): void;
  /** The picture became visible. */
  shown(): void;
}

export class Tile {
  readonly element = make("li", "tile");
  private readonly button = make("button", "picture");
  private readonly canvas = make("canvas");
  private readonly bar = make("progress", "thin");
  private readonly state = make("span", "state");
  private readonly keep = make("span", "keep", "keep this one");
  private readonly again = make("button", "button small", "Draw again");
  private picture: Picture | undefined;
  private sketched: Blob | undefined;
  private loading = false;
  private candidate: Candidate;

  constructor(
    candidate: Candidate,
    private readonly images: Images,
    private readonly actions: TileActions,
  ) {
    this.candidate = candidate;
    const isAnchor = candidate.role === CandidateRole.ANCHOR;
    this.button.type = "button";
    this.button.disabled = true;
    this.button.dataset["slot"] = String(candidate.slot);
    this.button.append(this.canvas, this.bar);
    this.button.addEventListener("click", () => this.actions.choose(this.slot));
    this.again.type = "button";
    this.again.hidden = true;
    this.again.addEventListener("click", () => this.actions.redraw(this.candidate));
    const key = make("kbd", "", String(candidate.slot + 1));
    const caption = make("div", "caption", key);
    this.keep.hidden = true;
    if (isAnchor) caption.append(this.keep);
    if (isFresh(candidate)) caption.append(make("span", "fresh", "another draw"));
    caption.append(this.state);
    this.element.classList.toggle("anchor", isAnchor);
    this.element.append(this.button, this.again, caption);
    this.label();
  }

  get slot(): number {
    return this.candidate.slot;
  }

  /** Whether the person can see the picture. */
  get isShown(): boolean {
    return this.picture !== undefined;
  }

  update(candidate: Candidate, progress: Progress | undefined, preview: Blob | undefined): void {
    this.candidate = candidate;
    if (preview !== undefined) void this.sketch(preview);
    if (candidate.state === CandidateState.READY) void this.load();
    const failed = candidate.state === CandidateState.FAILED;
    this.again.hidden = !failed;
    this.element.classList.toggle("failed", failed);
    if (failed) this.element.classList.remove("sketch");
    this.element.classList.toggle("waiting", !this.isShown && !failed && !isCancelled(candidate));
    this.bar.hidden = this.isShown || candidate.state !== CandidateState.RENDERING;
    if (progress === undefined) {
      this.bar.removeAttribute("value");
    } else {
      this.bar.max = progress.steps;
      this.bar.value = progress.step;
    }
    this.keep.hidden = !this.isShown;
    setText(this.state, this.isShown ? "" : stateText(candidate));
    this.label();
  }

  /** Shows whether a click counts, and what was answered. */
  setAnswer(enabled: boolean, answer: Answer | undefined): void {
    this.button.disabled = !(enabled && this.isShown);
    this.element.classList.toggle("chosen", answer === this.slot);
    this.element.classList.toggle("passed", answer !== undefined && answer !== this.slot);
    this.button.setAttribute("aria-pressed", String(answer === this.slot));
  }

  private async load(): Promise<void> {
    if (this.isShown || this.loading) return;
    this.loading = true;
    try {
      const picture = await this.images.load(this.candidate);
      draw(this.canvas, picture.bitmap);
      this.picture = picture;
      this.element.classList.remove("sketch");
      this.element.classList.add("ready");
      this.update(this.candidate, undefined, undefined);
      this.actions.shown();
    } catch {
      // The next event or poll tries again; till then the skeleton stays.
      setText(this.state, "loading again");
      setTimeout(() => this.element.isConnected && void this.load(), RELOAD_MS);
    } finally {
      this.loading = false;
    }
  }

  /** Shows how the picture looks so far; nothing to be chosen yet. */
  private async sketch(preview: Blob): Promise<void> {
    if (this.isShown || preview === this.sketched) return;
    this.sketched = preview;
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(preview);
    } catch {
      return; // what the browser cannot read is no loss: the picture is under way
    }
    // The picture, or a later sketch, may have come meanwhile.
    if (!this.isShown && preview === this.sketched) {
      this.canvas.width = bitmap.width;
      this.canvas.height = bitmap.height;
      this.canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
      this.element.classList.add("sketch");
    }
    bitmap.close();
  }

  private label(): void {
    const what = this.element.classList.contains("anchor") ? "keep this one" : "choose this one";
    const state = this.isShown ? what : stateText(this.candidate);
    this.button.setAttribute("aria-label", `Picture ${this.slot + 1}: ${state}`);
  }
}

const RELOAD_MS = 1_500;

/** Whether it shows another start noise. */
function isFresh({ role }: Candidate): boolean {
  return role === CandidateRole.CAST || role === CandidateRole.CONTROL;
}

function isCancelled(candidate: Candidate): boolean {
  return candidate.state === CandidateState.CANCELLED;
}

function stateText(candidate: Candidate): string {
  switch (candidate.state) {
    case CandidateState.QUEUED:
      return waitText(candidate);
    case CandidateState.RENDERING:
      return "drawing";
    case CandidateState.READY:
      return "loading";
    case CandidateState.FAILED:
      return "could not be drawn";
    default:
      return "";
  }
}

function waitText(candidate: Candidate): string {
  if (candidate.estimatedWait === undefined) return "waiting";
  const seconds = Math.ceil(durationMs(candidate.estimatedWait) / 1000);
  return seconds < 2 ? "waiting" : `in about ${seconds} s`;
}
