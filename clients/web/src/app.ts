// The page: which screen is shown, and how a person gets from one to the next.
// The address names the session (`#/projects/local/sessions/...`), so a reload and the back button find it again.

import { RoundState } from "../gen/multibo/v1/round_pb";
import type { SessionSpec } from "../gen/multibo/v1/session_pb";
import { Banner } from "./banner";
import { CREATE_MS, openApi, sleep } from "./calls";
import { byId, setText } from "./elements";
import { Images } from "./images";
import { commandOf } from "./keys";
import { countReady } from "./knowledge";
import { PanelView } from "./panel_view";
import { describe } from "./problem";
import { newRequestId } from "./request_id";
import { ResultView } from "./result_view";
import { Search } from "./search";
import { SlateView } from "./slate_view";
import { StartView } from "./start_view";
import type { View } from "./view";

const PROJECT = "projects/local";
const TITLE = "MultiBO";
const CATALOG_RETRY_MS = 3_000;
const SCREENS = ["start", "search", "result", "opening"] as const;

type Screen = (typeof SCREENS)[number];

class Page {
  private readonly api = openApi(location.origin);
  private readonly images = new Images(this.api);
  private readonly banner = new Banner();
  private readonly connection = byId("connection", HTMLParagraphElement);
  private readonly status = byId("status", HTMLParagraphElement);
  private readonly startView = new StartView({ start: (spec) => void this.create(spec) });
  private readonly slateView = new SlateView(this.images, {
    answer: (answer, shown, responseMs) => void this.search?.answer(answer, shown, responseMs),
    vary: () => void this.search?.vary(),
    redraw: (candidate) => void this.search?.redraw(candidate),
    proposeAnother: () => void this.search?.proposeAnother(),
  });
  private readonly panelView = new PanelView(this.images, {
    undo: () => void this.search?.undo(),
    redo: () => void this.search?.redo(),
    dismissAdvice: () => this.search?.dismissAdvice(),
    finish: () => void this.search?.finish(),
    leave: () => this.leave(),
  });
  private readonly resultView = new ResultView(this.images, {
    undo: () => void this.search?.undo(),
    again: (prompt) => this.leave(prompt),
    leave: () => this.leave(),
  });
  private search: Search | undefined;

  open(): void {
    window.addEventListener("hashchange", () => this.route());
    document.addEventListener("keydown", (event) => this.pressed(event));
    window.addEventListener("online", () => this.search?.nudge());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.search?.nudge();
    });
    // A page kept for the back button must not hold its stream: browsers have six connections for all pages.
    window.addEventListener("pagehide", () => this.close());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.route();
    });
    this.route();
    void this.loadCatalog();
  }

  private route(): void {
    const name = decodeURI(location.hash).replace(/^#\//, "");
    if (name === this.search?.name) return;
    this.close();
    this.images.clear();
    this.banner.hide();
    this.connection.hidden = true;
    document.title = TITLE;
    if (name === "") {
      this.show("start");
      this.startView.focus();
      return;
    }
    this.show("opening");
    const search = new Search(this.api, name, (view) => this.update(view));
    this.search = search;
    void search.open();
  }

  private pressed(event: KeyboardEvent): void {
    if (this.search === undefined || document.querySelector("dialog[open]") !== null) return;
    const command = commandOf(event);
    if (command === undefined) return;
    event.preventDefault();
    if (command === "undo") void this.search.undo();
    else if (command === "redo") void this.search.redo();
    else if (command === "variety") this.slateView.vary();
    else this.slateView.answer(command === "none" ? "none" : command.choose);
  }

  private close(): void {
    this.search?.close();
    this.search = undefined;
  }

  private update(view: View): void {
    const screen = screenOf(view);
    this.show(screen);
    if (screen === "search") {
      this.slateView.update(view);
      this.panelView.update(view);
    } else if (screen === "result") {
      this.resultView.update(view);
    }
    document.title = titleOf(view);
    if (view.problem === undefined) {
      this.banner.hide();
    } else {
      this.banner.show(view.problem, {
        retry: () => void this.search?.retry(),
        dismiss: () => this.search?.dismiss(),
      });
    }
    this.connection.hidden = view.connected;
    setText(this.status, statusText(view));
  }

  private async create(spec: SessionSpec): Promise<void> {
    // Once per press of Start: a repeated call finds the session that the first one made.
    const request = { parent: PROJECT, spec, requestId: newRequestId() };
    const attempt = async (): Promise<void> => {
      this.banner.hide();
      this.startView.setBusy(true);
      try {
        const { session } = await this.api.sessions.createSession(request, { timeoutMs: CREATE_MS });
        if (session !== undefined) location.hash = `#/${session.name}`;
      } catch (error) {
        this.banner.show(describe(error), { retry: () => void attempt(), dismiss: () => this.banner.hide() });
      } finally {
        this.startView.setBusy(false);
      }
    };
    await attempt();
  }

  private leave(prompt = ""): void {
    this.startView.setPrompt(prompt);
    location.hash = "";
  }

  /** The examples may come late: the page opens while the server still starts. */
  private async loadCatalog(): Promise<void> {
    for (;;) {
      try {
        const { models } = await this.api.models.listModels({});
        this.startView.setModels(models);
        return;
      } catch {
        await sleep(CATALOG_RETRY_MS);
      }
    }
  }

  private show(screen: Screen): void {
    for (const id of SCREENS) byId(id, HTMLElement).hidden = id !== screen;
  }
}

function screenOf({ phase, known }: View): Screen {
  if (known === undefined) return "opening";
  return phase === "result" ? "result" : "search";
}

/** The title tells a person in another tab that the pictures are there. */
function titleOf({ phase, known }: View): string {
  const round = known?.round;
  if (phase === "choosing" && round?.state === RoundState.OPEN) return `Round ${round.ordinal} is ready · ${TITLE}`;
  return TITLE;
}

/** What a screen reader hears of the progress. */
function statusText({ phase, known, answer, connected }: View): string {
  if (!connected) return "The connection is lost. Trying again.";
  const round = known?.round;
  if (phase === "choosing" && round !== undefined) {
    const n = round.candidates.length;
    const ready = countReady(round);
    return ready === n ? `Round ${round.ordinal}: all ${n} pictures are ready.` : `Round ${round.ordinal}: drawing.`;
  }
  if (phase === "answering" && answer !== undefined) {
    return answer === "none" ? "You said: none of these." : `You chose picture ${answer + 1}.`;
  }
  if (phase === "undoing") return "Your last answer is being taken back.";
  return phase === "result" ? "The result is ready." : "";
}

new Page().open();
