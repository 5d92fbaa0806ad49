// The person's answer as the server takes it.

import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { FeedbackSchema, type Feedback } from "../gen/multibo/v1/round_pb";
import type { Answer } from "./view";

const MAX_RESPONSE_MS = 3_600_000;

/** Returns the feedback for an answer over the slots that were shown. */
export function feedbackOf(answer: Answer, shown: number[], responseMs: number): Feedback {
  const judgment =
    answer === "none"
      ? { case: "noneOfThese" as const, value: {} }
      : { case: "chosen" as const, value: answer };
  const feedback = create(FeedbackSchema, { judgment, shown });
  const wholeMs = Math.round(responseMs);
  if (wholeMs > 0 && wholeMs <= MAX_RESPONSE_MS) feedback.responseTime = durationFromMs(wholeMs);
  return feedback;
}
