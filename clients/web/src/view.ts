// What the screens show of one session: the search (search.ts) makes it, the views draw it.

import type { Recommendation } from "../gen/multibo/v1/insight_pb";
import type { Candidate } from "../gen/multibo/v1/round_pb";
import type { Choice } from "./choices";
import type { Knowledge } from "./knowledge";
import type { Problem } from "./problem";

/** What the page is doing: only in `choosing` does a click on a picture count. */
export type Phase =
  | "opening"
  | "proposing"
  | "choosing"
  | "answering"
  | "undoing"
  | "redoing"
  | "varying"
  | "failed"
  | "concluding"
  | "result";

/** What the person says about a slate: the slot of the closest picture, or that none is near. */
export type Answer = number | "none";

export interface Advice {
  /** In words, for the person. */
  text: string;
  /** Number of answers it was given after. */
  answers: number;
}

export interface View {
  phase: Phase;
  /** Undefined while opening. */
  known: Knowledge | undefined;
  /** The answer under way. */
  answer: Answer | undefined;
  choices: readonly Choice[];
  advice: Advice | undefined;
  recommendation: Recommendation | undefined;
  /** The picture of the plain prompt. */
  start: Candidate | undefined;
  problem: Problem | undefined;
  connected: boolean;
}

export const OPENING: View = {
  phase: "opening",
  known: undefined,
  answer: undefined,
  choices: [],
  advice: undefined,
  recommendation: undefined,
  start: undefined,
  problem: undefined,
  connected: true,
};

/** Phases in which nothing is under way: a command may begin, and one that failed leads back to them. */
const RESTING: readonly Phase[] = ["choosing", "failed", "result"];
/** Phases of a command that the person gave. */
const COMMANDS: readonly Phase[] = ["answering", "undoing", "redoing", "varying", "concluding"];

export function isResting(phase: Phase): boolean {
  return RESTING.includes(phase);
}

export function isCommand(phase: Phase): boolean {
  return COMMANDS.includes(phase);
}

/** Whether the last answer can be taken back now. */
export function canUndo({ phase, known }: View): boolean {
  return isResting(phase) && known?.session.canUndo === true;
}

/** Whether the answer taken back last can be given again now. */
export function canRedo({ phase, known }: View): boolean {
  return isResting(phase) && known?.session.canRedo === true;
}
