/** A message of a sealed log with all that the server has of it, as one line of JSON and back. Pure. */

import type { LogMessage } from "@exchange/streams/runtime";
import { z } from "zod";

/** All of it, so that two that are equal as lines are the same message. */
export interface StoredMessage extends LogMessage {
  /** When the server stored it, to the nanosecond, as it writes it. */
  readonly time: string;
  readonly subject: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

const Line = z.strictObject({
  sequence: z.number().int().positive(),
  time: z.string(),
  subject: z.string(),
  headers: z.record(z.string(), z.array(z.string())).optional(),
  payload: z.string(),
});

const encoder = new TextEncoder();
/** As it is: without looking for a mark of its order of bytes. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Without the line's end. Throws when the payload is no text, which no record and no frame is. */
export function encodeLine({ sequence, time, subject, headers, data }: StoredMessage): string {
  const hasHeaders = Object.keys(headers).length > 0;
  const payload = decoder.decode(data);
  return JSON.stringify({ sequence, time, subject, ...(hasHeaders && { headers }), payload });
}

/** Throws on anything but such a line. */
export function decodeLine(line: string): StoredMessage {
  const { payload, headers = {}, ...place } = Line.parse(JSON.parse(line));
  return { ...place, headers, data: encoder.encode(payload), timeMs: parseTimeMs(place.time) };
}

const SECONDS_END = "2026-01-01T00:00:00".length;
const MS_DIGITS = 3;

/** As readers of the log work it out: cut off, not rounded. Trailing zeros may be missing. */
export function parseTimeMs(time: string): number {
  const secondMs = Date.parse(`${time.slice(0, SECONDS_END)}Z`);
  const [fraction = ""] = /(?<=^\.)\d+/.exec(time.slice(SECONDS_END)) ?? [];
  const timeMs = secondMs + Number(fraction.padEnd(MS_DIGITS, "0").slice(0, MS_DIGITS));
  if (!Number.isSafeInteger(timeMs) || !time.endsWith("Z")) throw new Error(`${time} is no time`);
  return timeMs;
}
