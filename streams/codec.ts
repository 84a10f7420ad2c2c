/** Records and frames to bytes and back. JSON with a version field, readable with the `nats` CLI. */

import type { CommandRecord, Frame } from "./contract/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** The caller names the shape; both ends of the subject are ours. */
export function decodeJson<Shape>(bytes: Uint8Array): Shape {
  const value: Shape = JSON.parse(decoder.decode(bytes));
  return value;
}

export function encodeRecord(record: CommandRecord): Uint8Array {
  return encodeJson(record);
}

/** Throws on another version: an old reader must not guess. */
export function decodeRecord(bytes: Uint8Array): CommandRecord {
  return versioned(decodeJson<CommandRecord>(bytes), "command record");
}

export function encodeFrame(frame: Frame): Uint8Array {
  return encodeJson(frame);
}

/** Throws on another version. */
export function decodeFrame(bytes: Uint8Array): Frame {
  return versioned(decodeJson<Frame>(bytes), "event frame");
}

function versioned<Shape extends { readonly v: 1 }>(value: Shape, what: string): Shape {
  const version: number = value.v;
  if (version !== 1) throw new Error(`${what} has version ${version}, this process reads 1`);
  return value;
}
