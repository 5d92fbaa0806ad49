// The person's way so far: one entry per answered round, oldest first.

import { RoundState, type Candidate, type Round } from "../gen/multibo/v1/round_pb";
import type { Api } from "./calls";

export interface Choice {
  round: number;
  /** Place among the effective rounds, from 1. */
  ordinal: number;
  candidate: Candidate;
}

const PAGE_SIZE = 200;

/** Returns the choice made in a round; undefined if it was not answered with one. */
export function choiceOf(round: Round): Choice | undefined {
  const judgment = round.feedback?.judgment;
  if (round.state !== RoundState.JUDGED || judgment?.case !== "chosen") return undefined;
  const candidate = round.candidates[judgment.value];
  return candidate === undefined ? undefined : { round: round.number, ordinal: round.ordinal, candidate };
}

/** Puts the choice of a round in its place, or takes it out: a round that was opened again has none. */
export function withChoice(choices: readonly Choice[], round: Round): readonly Choice[] {
  const choice = choiceOf(round);
  const others = choices.filter((other) => other.round !== round.number);
  if (choice === undefined) return others.length === choices.length ? choices : others;
  return [...others, choice].sort((one, other) => one.round - other.round);
}

/** Reads every answered round of a session. */
export async function readRounds(api: Api, name: string): Promise<Round[]> {
  const rounds: Round[] = [];
  let pageToken = "";
  do {
    const page = await api.rounds.listRounds({ parent: name, pageSize: PAGE_SIZE, pageToken });
    rounds.push(...page.rounds);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return rounds;
}
