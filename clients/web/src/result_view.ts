// The end of a session: where it started, what was found, and the way between.

import type { Candidate } from "../gen/multibo/v1/round_pb";
import { SessionState, type Session } from "../gen/multibo/v1/session_pb";
import { byId, make, setText } from "./elements";
import type { Images } from "./images";
import { PathView } from "./path_view";
import { draw } from "./upscale";
import { canUndo, type View } from "./view";

export interface ResultActions {
  /** Begins again with the same prompt. */
  again(prompt: string): void;
  undo(): void;
  leave(): void;
}

export class ResultView {
  private readonly title = byId("result-title", HTMLHeadingElement);
  private readonly prompt = byId("result-prompt", HTMLParagraphElement);
  private readonly note = byId("result-note", HTMLParagraphElement);
  private readonly start = byId("result-start", HTMLElement);
  private readonly found = byId("result-found", HTMLElement);
  private readonly download = byId("download", HTMLAnchorElement);
  private readonly undo = byId("result-undo", HTMLButtonElement);
  private readonly way = byId("result-path", HTMLElement);
  private readonly path: PathView;
  private shown = "";

  constructor(
    private readonly images: Images,
    actions: ResultActions,
  ) {
    this.path = new PathView(byId("result-path-list", HTMLOListElement), images);
    byId("again", HTMLButtonElement).addEventListener("click", () => actions.again(this.prompt.textContent ?? ""));
    this.undo.addEventListener("click", () => actions.undo());
    byId("fresh", HTMLButtonElement).addEventListener("click", () => actions.leave());
  }

  update(view: View): void {
    const { known, recommendation, start, choices } = view;
    if (known === undefined) return;
    const { session } = known;
    const candidate = recommendation?.shown?.candidate;
    setText(this.prompt, session.spec?.prompt ?? "");
    setText(this.title, candidate === undefined ? "Nothing was chosen" : "Here it is");
    setText(this.note, noteText(session));
    this.path.update(choices);
    this.undo.hidden = !canUndo(view);
    this.way.hidden = choices.length === 0;
    this.download.hidden = candidate === undefined;
    const key = `${start?.name ?? ""} ${candidate?.name ?? ""}`;
    if (key === this.shown) return;
    this.shown = key;
    void this.fill(this.start, start);
    void this.fill(this.found, candidate).then((url) => this.offer(url, session));
    this.title.focus({ preventScroll: true });
  }

  private async fill(figure: HTMLElement, candidate: Candidate | undefined): Promise<string | undefined> {
    figure.hidden = candidate === undefined;
    if (candidate === undefined) return undefined;
    const frame = figure.querySelector(".frame")!;
    try {
      const { bitmap, url } = await this.images.load(candidate);
      const canvas = make("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", figure.querySelector("figcaption")!.textContent ?? "");
      draw(canvas, bitmap);
      frame.replaceChildren(canvas);
      return url;
    } catch {
      frame.replaceChildren(make("span", "state", "The picture could not be loaded."));
      return undefined;
    }
  }

  private offer(url: string | undefined, session: Session): void {
    this.download.hidden = url === undefined;
    if (url === undefined) return;
    this.download.href = url;
    this.download.download = `multibo-${session.name.split("/").at(-1)!}.png`;
  }
}

function noteText(session: Session): string {
  const rounds = session.feedbackCount === 1 ? "1 choice" : `${session.feedbackCount} choices`;
  const images = session.imagesUsed === 1 ? "1 picture" : `${session.imagesUsed} pictures`;
  const spent = session.state === SessionState.EXHAUSTED ? " All rounds are used." : "";
  return `${rounds} among ${images}.${spent}`;
}
