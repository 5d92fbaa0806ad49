// Calls to the optimizer: gRPC-Web clients, their deadlines, and the retry that every client of ours ships.

import { Code, ConnectError, createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ImageService } from "../gen/multibo/v1/image_service_pb";
import { InsightService } from "../gen/multibo/v1/insight_service_pb";
import { ModelService } from "../gen/multibo/v1/model_service_pb";
import { RoundService } from "../gen/multibo/v1/round_service_pb";
import { SessionService } from "../gen/multibo/v1/session_service_pb";
import { errorInfo } from "./error_details";
import { newRequestId } from "./request_id";

export interface Api {
  sessions: Client<typeof SessionService>;
  rounds: Client<typeof RoundService>;
  images: Client<typeof ImageService>;
  insight: Client<typeof InsightService>;
  models: Client<typeof ModelService>;
}

/** Deadlines in milliseconds; the server's own maxima (docs/api.md) are the same or longer. */
export const READ_MS = 5_000;
export const CREATE_MS = 10_000;
export const COMMAND_MS = 30_000;
/** The stream has no deadline of its own: silence ends it. */
export const NO_DEADLINE_MS = 0;

const ATTEMPTS = 4;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 2_000;

export function openApi(baseUrl: string): Api {
  const transport = createGrpcWebTransport({
    baseUrl,
    defaultTimeoutMs: READ_MS,
    interceptors: [nameCall, retryUnreachable],
  });
  return {
    sessions: createClient(SessionService, transport),
    rounds: createClient(RoundService, transport),
    images: createClient(ImageService, transport),
    insight: createClient(InsightService, transport),
    models: createClient(ModelService, transport),
  };
}

/** Whether a call failed on its way: it may or may not have arrived, and the same call may be made again. */
export function isUnreachable(error: unknown): boolean {
  const failure = ConnectError.from(error);
  if (failure.code === Code.Unavailable) return true;
  // A failed fetch or a response cut short. The server itself never sends these two without a reason.
  const vague = failure.code === Code.Unknown || failure.code === Code.Internal;
  return vague && errorInfo(failure) === undefined;
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** A wait before the given attempt (from 1), doubled each time, with jitter. */
export function backoffMs(attempt: number, firstMs: number, maxMs: number): number {
  const wholeMs = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
  return wholeMs * (0.5 + 0.5 * Math.random());
}

/** The name under which the server logs the call, so that a person can report it. */
const nameCall: Interceptor = (next) => (request) => {
  request.header.set("x-request-id", newRequestId());
  return next(request);
};

/** Safe for every call: those that change something are idempotent by `request_id` or by state. */
const retryUnreachable: Interceptor = (next) => async (request) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await next(request);
    } catch (error) {
      // A stream's message can be sent only once, and its owner reopens it anyway.
      if (request.stream || attempt === ATTEMPTS || !isUnreachable(error)) throw error;
      await sleep(backoffMs(attempt, FIRST_BACKOFF_MS, MAX_BACKOFF_MS));
    }
  }
};
