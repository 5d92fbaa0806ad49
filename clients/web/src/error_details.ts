// The google.rpc details that an error carries: who refuses, which fields, when to try again.
// Decoded by hand: three small messages do not justify a second set of generated code.

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { ConnectError } from "@connectrpc/connect";

export interface ErrorInfo {
  reason: string;
}

export interface FieldViolation {
  field: string;
  description: string;
}

/** Returns google.rpc.ErrorInfo, or undefined: then it was not the optimizer that refused. */
export function errorInfo(error: ConnectError): ErrorInfo | undefined {
  const value = detail(error, "google.rpc.ErrorInfo");
  if (value === undefined) return undefined;
  return { reason: fields(value).text(1) };
}

/** Returns the violations of google.rpc.BadRequest; none if there is no such detail. */
export function fieldViolations(error: ConnectError): FieldViolation[] {
  const value = detail(error, "google.rpc.BadRequest");
  if (value === undefined) return [];
  return fields(value)
    .all(1)
    .map((message) => {
      const violation = fields(message);
      return { field: violation.text(1), description: violation.text(2) };
    });
}

/** Returns google.rpc.RetryInfo.retry_delay in milliseconds, or undefined. */
export function retryDelayMs(error: ConnectError): number | undefined {
  const value = detail(error, "google.rpc.RetryInfo");
  if (value === undefined) return undefined;
  const delay = fields(fields(value).all(1)[0] ?? new Uint8Array());
  return delay.integer(1) * 1000 + delay.integer(2) / 1e6;
}

function detail(error: ConnectError, type: string): Uint8Array | undefined {
  for (const item of error.details) {
    if ("type" in item && item.type === type) return item.value;
  }
  return undefined;
}

interface Fields {
  all(number: number): Uint8Array[];
  text(number: number): string;
  integer(number: number): number;
}

function fields(message: Uint8Array): Fields {
  const bytes = new Map<number, Uint8Array[]>();
  const integers = new Map<number, number>();
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) {
      bytes.set(number, [...(bytes.get(number) ?? []), reader.bytes()]);
    } else if (wireType === WireType.Varint) {
      integers.set(number, Number(reader.int64()));
    } else {
      reader.skip(wireType, number);
    }
  }
  return {
    all: (number) => bytes.get(number) ?? [],
    text: (number) => new TextDecoder().decode(bytes.get(number)?.[0]),
    integer: (number) => integers.get(number) ?? 0,
  };
}
