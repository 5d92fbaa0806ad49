// The one place where the page says that something is wrong.

import { byId, setText } from "./elements";
import type { Problem } from "./problem";

export interface BannerActions {
  retry(): void;
  dismiss(): void;
}

export class Banner {
  private readonly element = byId("banner", HTMLElement);
  private readonly text = byId("banner-text", HTMLParagraphElement);
  private readonly retry = byId("banner-retry", HTMLButtonElement);
  private actions: BannerActions | undefined;

  constructor() {
    this.retry.addEventListener("click", () => this.actions?.retry());
    byId("banner-dismiss", HTMLButtonElement).addEventListener("click", () => this.actions?.dismiss());
  }

  show(problem: Problem, actions: BannerActions): void {
    this.actions = actions;
    this.element.dataset["reason"] = problem.reason;
    this.element.hidden = false;
    this.retry.hidden = !problem.canRetry;
    setText(this.text, problem.sentence);
  }

  hide(): void {
    this.element.hidden = true;
  }
}
