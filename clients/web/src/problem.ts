// What went wrong, in words for the person, and what can be done about it.

import { Code, ConnectError } from "@connectrpc/connect";
import { isUnreachable } from "./calls";
import { errorInfo, fieldViolations, retryDelayMs } from "./error_details";

export interface Problem {
  /** `ErrorReason` without its prefix, or `UNREACHABLE`. */
  reason: string;
  sentence: string;
  /** Whether the same action may succeed when repeated. */
  canRetry: boolean;
  /** When the server asks to wait, how long. */
  waitMs?: number;
}

const SENTENCES: Readonly<Record<string, string>> = {
  UNREACHABLE: "The server cannot be reached. Your choices are safe; they are kept on the server.",
  SESSION_NOT_FOUND: "This session is gone. Sessions are forgotten some days after they were last used.",
  MODEL_NOT_FOUND: "The server does not know this model.",
  SESSION_FINISHED: "This session is finished.",
  BUDGET_SPENT: "All rounds or all pictures of this session are used.",
  ETAG_MISMATCH: "Something changed meanwhile, perhaps in another window. This is where it stands.",
  NOTHING_TO_UNDO: "There is nothing to undo.",
  NOTHING_TO_REDO: "There is nothing to redo.",
  ROUND_NOT_OPEN: "This round was already answered, perhaps in another window.",
  FEEDBACK_INVALID: "The choice did not fit the pictures shown. Here they are again.",
  NO_FEEDBACK_YET: "Choose a picture first; then there is something to recommend.",
  CANDIDATE_NOT_READY: "That picture is not ready yet.",
  QUOTA_EXCEEDED: "Too many sessions are open. Finish some of them first.",
  RATE_LIMITED: "That was a little fast for the server.",
  BACKLOG_FULL: "Many pictures are waiting to be drawn.",
  STORE_UNAVAILABLE: "The server has lost its memory for a moment.",
  DRAINING: "The server is being restarted.",
  DEADLINE_EXCEEDED: "The server took too long to answer.",
  UNIMPLEMENTED: "This server cannot do that yet.",
  TOKEN_MISSING: "You are not signed in.",
  TOKEN_INVALID: "You are no longer signed in.",
  SCOPE_MISSING: "You are not allowed to do that.",
};

/** Problems that end by themselves once the server is back, and how often to see whether it is. */
const PASSING: readonly string[] = ["UNREACHABLE", "STORE_UNAVAILABLE", "DRAINING"];
const PASSING_RETRY_MS = 3_000;
/** Refusals which mean that the page shows something outdated. */
const OUTDATED: readonly string[] = [
  "ROUND_NOT_OPEN",
  "FEEDBACK_INVALID",
  "SESSION_FINISHED",
  "ETAG_MISMATCH",
  "NOTHING_TO_UNDO",
  "NOTHING_TO_REDO",
];

const RETRYABLE: readonly Code[] = [
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.ResourceExhausted,
  Code.Internal,
  Code.Unknown,
];

/** Describes a failed call. */
export function describe(error: unknown): Problem {
  const failure = ConnectError.from(error);
  const reason = reasonOf(failure);
  const waitMs = retryDelayMs(failure);
  return {
    reason,
    sentence: sentence(failure, reason, waitMs),
    canRetry: RETRYABLE.includes(failure.code) && reason !== "ETAG_MISMATCH",
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

export function isPassing(problem: Problem | undefined): boolean {
  return problem !== undefined && PASSING.includes(problem.reason);
}

export function isOutdated(problem: Problem): boolean {
  return OUTDATED.includes(problem.reason);
}

/** Returns after how long to try again unasked; undefined if the person is to say. */
export function retryMs(problem: Problem): number | undefined {
  return problem.waitMs ?? (isPassing(problem) ? PASSING_RETRY_MS : undefined);
}

function reasonOf(failure: ConnectError): string {
  if (isUnreachable(failure)) return errorInfo(failure)?.reason ?? "UNREACHABLE";
  if (failure.code === Code.DeadlineExceeded) return "DEADLINE_EXCEEDED";
  return errorInfo(failure)?.reason ?? Code[failure.code].toUpperCase();
}

function sentence(failure: ConnectError, reason: string, waitMs: number | undefined): string {
  const violations = fieldViolations(failure);
  if (reason === "FIELD_INVALID" && violations.length > 0) {
    return violations.map(({ field, description }) => `${fieldLabel(field)}: ${description}`).join(" ");
  }
  let text = SENTENCES[reason];
  if (text === undefined) {
    const call = failure.metadata.get("x-request-id");
    text = `Something went wrong on the server${call === null ? "" : ` (report ${call})`}.`;
  }
  return waitMs === undefined ? text : `${text} Try again in ${Math.max(1, Math.ceil(waitMs / 1000))} s.`;
}

/** `spec.slate_size` -> `Slate size`. */
function fieldLabel(path: string): string {
  const name = path.split(".").at(-1)!.replaceAll("_", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}
