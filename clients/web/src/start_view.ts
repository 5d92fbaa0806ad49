// The first screen: a prompt, examples, options.

import { create } from "@bufbuild/protobuf";
import type { Model } from "../gen/multibo/v1/model_pb";
import { SessionSpecSchema, type SessionSpec } from "../gen/multibo/v1/session_pb";
import { byId, make, setText } from "./elements";

export interface StartActions {
  start(spec: SessionSpec): void;
}

const MAX_CHARACTERS = 1_000;
/** From here on the person is told how much room is left. */
const NEARLY_FULL = 900;

export class StartView {
  private readonly form = byId("start-form", HTMLFormElement);
  private readonly prompt = byId("prompt", HTMLTextAreaElement);
  private readonly note = byId("prompt-note", HTMLParagraphElement);
  private readonly model = byId("model", HTMLSelectElement);
  private readonly button = byId("start-button", HTMLButtonElement);
  private readonly examples = byId("examples", HTMLElement);
  private readonly exampleList = byId("example-list", HTMLUListElement);
  private models: readonly Model[] = [];

  constructor(private readonly actions: StartActions) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.prompt.addEventListener("input", () => this.changed());
    this.prompt.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.model.addEventListener("change", () => this.showExamples());
  }

  /** Fills in the catalog. */
  setModels(models: readonly Model[]): void {
    this.models = models;
    this.model.replaceChildren(...models.map(({ name, title }) => new Option(title || name, name)));
    byId("model-field", HTMLElement).hidden = models.length < 2;
    this.showExamples();
  }

  setPrompt(prompt: string): void {
    this.prompt.value = prompt;
    this.changed();
  }

  focus(): void {
    // On a phone the keyboard would cover the examples.
    if (matchMedia("(pointer: fine)").matches) this.prompt.focus();
  }

  setBusy(busy: boolean): void {
    this.button.disabled = busy;
    setText(this.button, busy ? "Starting…" : "Start");
  }

  private submit(): void {
    const prompt = this.prompt.value.trim();
    if (prompt === "") {
      setText(this.note, "A few words are needed to begin.");
      this.prompt.focus();
      return;
    }
    const fields = new FormData(this.form);
    const seed = String(fields.get("seed") ?? "");
    const spec = create(SessionSpecSchema, {
      prompt,
      model: String(fields.get("model") ?? ""),
      slateSize: Number(fields.get("slate-size")),
      rounds: Number(fields.get("rounds")),
    });
    if (seed !== "") spec.seed = BigInt(seed);
    this.actions.start(spec);
  }

  private changed(): void {
    const n = this.prompt.value.length;
    setText(this.note, n >= NEARLY_FULL ? `${MAX_CHARACTERS - n} characters left` : "");
  }

  private showExamples(): void {
    const model = this.models.find(({ name }) => name === this.model.value) ?? this.models[0];
    const items = (model?.examples ?? []).map((example) => {
      const button = make("button", "example", example);
      button.type = "button";
      button.addEventListener("click", () => {
        this.setPrompt(example);
        this.button.focus();
      });
      return make("li", "", button);
    });
    this.exampleList.replaceChildren(...items);
    this.examples.hidden = items.length === 0;
  }
}
