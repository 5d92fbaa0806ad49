// What the server makes of the answers.

import type { Recommendation } from "../gen/multibo/v1/insight_pb";
import { COMMAND_MS, type Api } from "./calls";
import { describe } from "./problem";

/** Returns the recommendation; undefined for a session without an answer. */
export async function readRecommendation(api: Api, name: string): Promise<Recommendation | undefined> {
  try {
    return (await api.insight.getRecommendation({ name }, { timeoutMs: COMMAND_MS })).recommendation;
  } catch (error) {
    if (describe(error).reason === "NO_FEEDBACK_YET") return undefined;
    throw error;
  }
}

/** Returns in words whether going on is worth it; empty if there is nothing to say: nobody waits for that. */
export async function readAdvice(api: Api, name: string): Promise<string> {
  try {
    return (await api.insight.getStoppingAdvice({ name }, { timeoutMs: COMMAND_MS })).advice?.reason ?? "";
  } catch {
    return "";
  }
}
