// WatchSession, kept open: cursor, silence, backoff. While no stream can be had, polling does the same.

import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Session } from "../gen/multibo/v1/session_pb";
import { SessionView } from "../gen/multibo/v1/session_pb";
import type { WatchSessionResponse } from "../gen/multibo/v1/session_service_pb";
import { backoffMs, NO_DEADLINE_MS, sleep, type Api } from "./calls";
import { describe } from "./problem";

/** The server's heartbeat is every 10 s; a stream silent for longer than this is dead. */
const SILENCE_MS = 25_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
/** Without a stream, how often to ask while pictures are being drawn. */
const POLL_MS = 1_000;

export interface Watcher {
  /** An event arrived. */
  onEvent(event: WatchSessionResponse): void;
  /** A poll arrived; FULL view. */
  onSession(session: Session): void;
  /** Whether anything can be heard of the server at all. */
  onConnection(connected: boolean): void;
  /** The session does not exist any more. */
  onGone(error: unknown): void;
  /** Whether news are expected soon. */
  isWaiting(): boolean;
}

export class SessionWatch {
  private cursor = "";
  private abort: AbortController | undefined;
  private wake: () => void = () => {};
  private stopped = false;
  private failures = 0;

  constructor(
    private readonly api: Api,
    private readonly name: string,
    private readonly watcher: Watcher,
  ) {}

  async start(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.pause(await this.readStream());
      } catch (error) {
        if (this.stopped) return;
        this.failures++;
        await this.poll();
        await this.pause(this.waitMs());
      }
    }
  }

  stop(): void {
    this.stopped = true;
    this.abort?.abort();
    this.wake();
  }

  /** Tries at once, say because the phone was unlocked or is online again. */
  nudge(): void {
    if (this.failures > 0) this.wake();
  }

  /** Reads until the server ends the stream; returns how long to wait before the next. */
  private async readStream(): Promise<number> {
    const abort = new AbortController();
    this.abort = abort;
    let silence = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const request = { name: this.name, cursor: this.cursor, includeProgress: true, includePreviews: true };
      const options = { signal: abort.signal, timeoutMs: NO_DEADLINE_MS };
      for await (const event of this.api.sessions.watchSession(request, options)) {
        clearTimeout(silence);
        silence = setTimeout(() => abort.abort(), SILENCE_MS);
        this.failures = 0;
        this.watcher.onConnection(true);
        if (event.event.case === "resume") {
          this.cursor = event.event.value.cursor || this.cursor;
          return event.event.value.delay === undefined ? 0 : durationMs(event.event.value.delay);
        }
        this.cursor = event.cursor || this.cursor;
        // Repeats after a reconnection change nothing: the fold (knowledge.ts) tolerates them.
        this.watcher.onEvent(event);
      }
    } finally {
      clearTimeout(silence);
    }
    throw new Error("the stream ended without a resume event");
  }

  private async poll(): Promise<void> {
    try {
      const { session } = await this.api.sessions.getSession({ name: this.name, view: SessionView.FULL });
      if (this.stopped || session === undefined) return;
      this.watcher.onConnection(true);
      this.watcher.onSession(session);
    } catch (error) {
      if (this.stopped) return;
      if (describe(error).reason === "SESSION_NOT_FOUND") {
        this.stop();
        this.watcher.onGone(error);
      } else {
        this.watcher.onConnection(false);
      }
    }
  }

  private waitMs(): number {
    const waitMs = backoffMs(this.failures, FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    return this.watcher.isWaiting() ? Math.min(waitMs, POLL_MS) : waitMs;
  }

  private async pause(durationMs: number): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    await Promise.race([sleep(durationMs), woken]);
  }
}
