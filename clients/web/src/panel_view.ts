// Beside the slate: the prompt, the round counter, the choices so far, and the ways out.

import { byId, setText } from "./elements";
import type { Images } from "./images";
import { PathView } from "./path_view";
import type { View } from "./search";

export interface PanelActions {
  finish(): void;
  leave(): void;
}

export class PanelView {
  private readonly prompt = byId("about-prompt", HTMLParagraphElement);
  private readonly counter = byId("round-counter", HTMLParagraphElement);
  private readonly progress = byId("round-progress", HTMLProgressElement);
  private readonly finish = byId("finish", HTMLButtonElement);
  private readonly finishTip = byId("finish-tip", HTMLElement);
  private readonly dialog = byId("finish-dialog", HTMLDialogElement);
  private readonly path: PathView;

  constructor(images: Images, actions: PanelActions) {
    this.path = new PathView(byId("path-list", HTMLOListElement), images);
    this.finish.addEventListener("click", () => {
      this.dialog.returnValue = "";
      this.dialog.showModal();
    });
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "finish") actions.finish();
    });
    byId("leave", HTMLButtonElement).addEventListener("click", () => actions.leave());
  }

  update({ known, choices, phase }: View): void {
    if (known === undefined) return;
    const { session, round } = known;
    const rounds = session.spec?.rounds ?? 0;
    // While the next round is being proposed, the counter already speaks of it.
    const current = phase === "proposing" ? session.feedbackCount + 1 : round?.ordinal || session.feedbackCount + 1;
    setText(this.prompt, session.spec?.prompt ?? "");
    setText(this.counter, `Round ${Math.min(current, rounds)} of ${rounds}`);
    this.progress.max = rounds;
    this.progress.value = session.feedbackCount;
    const canFinish = session.feedbackCount > 0 && phase !== "answering" && phase !== "concluding";
    this.finish.disabled = !canFinish;
    this.finishTip.classList.toggle("done", session.feedbackCount > 0);
    this.path.update(choices);
  }
}
