// Beside the slate: the prompt, the round counter, the choices so far, and the ways out.

import { byId, setText } from "./elements";
import type { Images } from "./images";
import { PathView } from "./path_view";
import { canRedo, canUndo, isCommand, type View } from "./view";

export interface PanelActions {
  undo(): void;
  redo(): void;
  dismissAdvice(): void;
  finish(): void;
  leave(): void;
}

export class PanelView {
  private readonly prompt = byId("about-prompt", HTMLParagraphElement);
  private readonly counter = byId("round-counter", HTMLParagraphElement);
  private readonly progress = byId("round-progress", HTMLProgressElement);
  private readonly undo = byId("undo", HTMLButtonElement);
  private readonly undoTip = byId("undo-tip", HTMLElement);
  private readonly undoNote = byId("undo-note", HTMLElement);
  private readonly redo = byId("redo", HTMLButtonElement);
  private readonly advice = byId("advice", HTMLElement);
  private readonly adviceText = byId("advice-text", HTMLParagraphElement);
  private readonly finish = byId("finish", HTMLButtonElement);
  private readonly finishTip = byId("finish-tip", HTMLElement);
  private readonly dialog = byId("finish-dialog", HTMLDialogElement);
  private readonly path: PathView;

  constructor(images: Images, actions: PanelActions) {
    this.path = new PathView(byId("path-list", HTMLOListElement), images);
    this.undo.addEventListener("click", () => actions.undo());
    this.redo.addEventListener("click", () => actions.redo());
    byId("advice-dismiss", HTMLButtonElement).addEventListener("click", () => actions.dismissAdvice());
    this.finish.addEventListener("click", () => {
      this.dialog.returnValue = "";
      this.dialog.showModal();
    });
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "finish") actions.finish();
    });
    byId("leave", HTMLButtonElement).addEventListener("click", () => actions.leave());
  }

  update(view: View): void {
    const { known, choices, phase } = view;
    if (known === undefined) return;
    const { session, round } = known;
    const rounds = session.spec?.rounds ?? 0;
    // While the next round is being proposed, the counter already speaks of it.
    const current = phase === "proposing" ? session.feedbackCount + 1 : round?.ordinal || session.feedbackCount + 1;
    setText(this.prompt, session.spec?.prompt ?? "");
    setText(this.counter, `Round ${Math.min(current, rounds)} of ${rounds}`);
    this.progress.max = rounds;
    this.progress.value = session.feedbackCount;
    const canFinish = session.feedbackCount > 0 && !isCommand(phase);
    this.finish.disabled = !canFinish;
    this.finishTip.classList.toggle("done", session.feedbackCount > 0);
    this.updateSteps(view);
    this.updateAdvice(view);
    this.path.update(choices);
  }

  private updateSteps(view: View): void {
    const { session } = view.known!;
    this.undo.disabled = !canUndo(view);
    this.undoTip.classList.toggle("done", session.canUndo);
    setText(this.undoNote, session.canUndo ? "Takes your last answer back" : "There is nothing to undo yet");
    this.redo.hidden = !session.canRedo;
    this.redo.disabled = !canRedo(view);
  }

  /** It stays for two rounds: its subject is the answers up to then. */
  private updateAdvice({ known, advice }: View): void {
    const age = advice === undefined ? -1 : known!.session.feedbackCount - advice.answers;
    this.advice.hidden = age < 0 || age > 1;
    if (advice !== undefined) setText(this.adviceText, advice.text);
  }
}
