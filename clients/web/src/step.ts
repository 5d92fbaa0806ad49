// One step back or forth through the answers.

import type { Session } from "../gen/multibo/v1/session_pb";
import { COMMAND_MS, type Api } from "./calls";
import { describe } from "./problem";
import { newRequestId } from "./request_id";

export class Step {
  private requestId = newRequestId();

  constructor(
    private readonly api: Api,
    private readonly name: string,
    private readonly phase: "undoing" | "redoing",
    private etag: string,
  ) {}

  /**
   * Takes the step; repeated, it is still one. `newEtag` is asked when the session moved on: it returns the etag of
   * now if the person sees the session as it is, else undefined.
   */
  async take(newEtag: () => Promise<string | undefined>): Promise<Session | undefined> {
    try {
      return await this.call();
    } catch (error) {
      if (describe(error).reason !== "ETAG_MISMATCH") throw error;
      const etag = await newEtag();
      if (etag === undefined) throw error;
      // The etag was behind, not the person: the news of the round they see had not come yet.
      this.etag = etag;
      this.requestId = newRequestId();
      return await this.call();
    }
  }

  private async call(): Promise<Session | undefined> {
    const { sessions } = this.api;
    const method = this.phase === "undoing" ? sessions.undoFeedback : sessions.redoFeedback;
    const request = { name: this.name, requestId: this.requestId, etag: this.etag };
    return (await method(request, { timeoutMs: COMMAND_MS })).session;
  }
}
