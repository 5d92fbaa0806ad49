// What the page knows of a session, as a fold over what the server says. Pure: an old value in, a new value out.
// Messages arrive at least once and polls may overtake events, so every step tolerates repeats and stale news.

import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { CandidateState, RoundState, type Candidate, type Round } from "../gen/multibo/v1/round_pb";
import { SessionState, type Session } from "../gen/multibo/v1/session_pb";
import type { WatchSessionResponse } from "../gen/multibo/v1/session_service_pb";

export interface Progress {
  step: number;
  steps: number;
}

export interface Knowledge {
  session: Session;
  /** The newest round; undefined before the first. */
  round: Round | undefined;
  /** Denoising progress of the newest round's slots. */
  progress: ReadonlyMap<number, Progress>;
  /** How the newest round's slots look so far. */
  previews: ReadonlyMap<number, Blob>;
}

const NOTHING_DRAWN = { progress: new Map<number, Progress>(), previews: new Map<number, Blob>() } as const;

export function knowledgeOf(session: Session): Knowledge {
  return { session, round: session.latestRound, ...NOTHING_DRAWN };
}

/** Takes in a session, in either view; a reply without one teaches nothing. */
export function withSession(known: Knowledge, session: Session | undefined): Knowledge {
  if (session === undefined) return known;
  if (compare(session.updateTime, known.session.updateTime) < 0) return known;
  const next = { ...known, session };
  const latest = session.latestRound;
  if (latest === undefined) return next;
  // What the session says of its rounds leads back to an earlier one after an undo; of later news it knows nothing.
  return isAfter(known.round, session) ? withRound(next, latest) : replaced(next, latest);
}

/** Takes in a round; a reply without one teaches nothing. */
export function withRound(known: Knowledge, round: Round | undefined): Knowledge {
  if (round === undefined) return known;
  const current = known.round;
  if (current !== undefined) {
    if (round.number < current.number) return known;
    if (round.number === current.number && isRegress(known.session, current, round)) return known;
  }
  return replaced(known, round);
}

/** Takes in one event of WatchSession. */
export function withEvent(known: Knowledge, { event }: WatchSessionResponse): Knowledge {
  switch (event.case) {
    case "snapshot":
    case "sessionChanged":
      return withSession(known, event.value.session);
    case "roundChanged":
      return withRound(known, event.value.round);
    case "candidateChanged":
      return event.value.candidate === undefined ? known : withCandidate(known, event.value.candidate);
    case "progress": {
      const { candidate, slot, step, steps } = event.value;
      if (known.round?.candidates[slot]?.name !== candidate) return known;
      return { ...known, progress: new Map(known.progress).set(slot, { step, steps }) };
    }
    case "preview": {
      const { candidate, slot, data, mediaType } = event.value;
      if (known.round?.candidates[slot]?.name !== candidate) return known;
      // A copy: the message's bytes may be a window into a larger buffer.
      const preview = new Blob([new Uint8Array(data)], { type: mediaType });
      return { ...known, previews: new Map(known.previews).set(slot, preview) };
    }
    default:
      return known;
  }
}

/** Whether the session takes no more answers. */
export function isOver(session: Session): boolean {
  return session.state === SessionState.FINISHED || session.state === SessionState.EXHAUSTED;
}

/** Whether a round takes an answer, now or as soon as pictures are there. */
export function isPending(round: Round | undefined): boolean {
  return round?.state === RoundState.RENDERING || round?.state === RoundState.OPEN;
}

/** Whether the session speaks of another round than the one that is known, or of another state of it. */
export function isBehind({ session, round }: Knowledge): boolean {
  if (round === undefined) return false;
  if (round.state === RoundState.OBSOLETE) return true;
  if (session.openRound === "" || isAfter(round, session)) return false;
  return session.openRound !== round.name || isAnswered(round);
}

export function countReady(round: Round): number {
  return round.candidates.filter(({ state }) => state === CandidateState.READY).length;
}

function withCandidate(known: Knowledge, candidate: Candidate): Knowledge {
  const { round } = known;
  const current = round?.candidates[candidate.slot];
  if (round === undefined || current?.name !== candidate.name) return known;
  const candidates = round.candidates.with(candidate.slot, newer(current, candidate));
  return { ...known, round: { ...round, candidates } };
}

/** A picture, once there, stays; only a retry brings a failed one back. */
function newer(current: Candidate | undefined, candidate: Candidate): Candidate {
  return current?.state === CandidateState.READY ? current : candidate;
}

function replaced(known: Knowledge, round: Round): Knowledge {
  const current = known.round;
  if (current?.number !== round.number) return { ...known, round, ...NOTHING_DRAWN };
  const candidates = round.candidates.map((candidate) => newer(current.candidates[candidate.slot], candidate));
  return { ...known, round: { ...round, candidates } };
}

/** Whether `round` is an earlier state of `current`, and not one that an undo brought back. */
function isRegress(session: Session, current: Round, round: Round): boolean {
  if (!isAnswered(current) || !isPending(round)) return false;
  const isReopened = session.openRound === round.name && !isAfter(current, session);
  return !isReopened;
}

function isAnswered(round: Round): boolean {
  return !isPending(round) && round.state !== RoundState.FAILED;
}

/** Whether something happened to a round after the session was as it says. */
function isAfter(round: Round | undefined, session: Session): boolean {
  return compare(round?.judgeTime ?? round?.createTime, session.updateTime) > 0;
}

/** Negative if `time` is before `reference`, 0 if it is the same or either is unknown. */
function compare(time: Timestamp | undefined, reference: Timestamp | undefined): number {
  if (time === undefined || reference === undefined) return 0;
  const seconds = Number(time.seconds - reference.seconds);
  return seconds === 0 ? time.nanos - reference.nanos : seconds;
}
