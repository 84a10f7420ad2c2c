/**
 * The operators' trail: what is said of a command before it begins and after it ended, each entry chained to the one
 * before by its hash. Pure.
 */

import { z } from "zod";

/** As long as the columns: what is cut off later would not have the hash it was given. */
const charactersMax = { name: 64, origin: 255, verb: 64, reason: 512, detail: 512 } as const;

function text(max: number) {
  return z.string().transform((given) => Array.from(given.toWellFormed()).slice(0, max).join(""));
}

/** What whoever runs a command says of it. */
export const Note = z.object({
  /** The same for both notes of one command. */
  actionId: z.string().regex(/^[0-9a-f]{32}$/),
  phase: z.enum(["intent", "outcome"]),
  /** By the clock of the machine that the command ran on. An outcome's is not before its intent's. */
  hostTimeMs: z.number().int(),
  /** As they call themselves. */
  operator: text(charactersMax.name),
  /** As the machine knows them. */
  osUser: text(charactersMax.name),
  host: text(charactersMax.origin),
  /** The terminal, and where its session comes from; empty when there is none. */
  origin: text(charactersMax.origin),
  verb: text(charactersMax.verb),
  /** Without secrets. */
  arguments: z.array(z.string().transform((given) => given.toWellFormed())),
  /** Empty when none was given. */
  reason: text(charactersMax.reason),
  /** Of an outcome: 0 done, 1 failed or refused, 2 wrong usage. */
  exitCode: z.number().int().nullable(),
  /** What a command that failed said. */
  detail: text(charactersMax.detail),
});
export type Note = z.infer<typeof Note>;

/** A clock may step back meanwhile, and notes that MySQL could not take are added to the trail by their times. */
export function outcomeOf(
  intent: Note,
  end: { readonly hostTimeMs: number; readonly exitCode: number; readonly detail: string },
): Note {
  const hostTimeMs = Math.max(intent.hostTimeMs, end.hostTimeMs);
  return Note.parse({ ...intent, ...end, phase: "outcome", hostTimeMs });
}

export interface TrailEntry extends Note {
  /** From 1 on, without a gap. */
  readonly entry: number;
  /** By the database's clock. */
  readonly timeMs: number;
  /** Hex. */
  readonly hash: string;
}

/** Before the first entry. */
export const FIRST_HASH = "0".repeat(64);

/** Of an entry and all before it, whose hash `previous` is. */
export function hashOf(previous: string, entry: Omit<TrailEntry, "hash">): string {
  const fields = [
    entry.entry,
    entry.timeMs,
    entry.actionId,
    entry.phase,
    entry.hostTimeMs,
    entry.operator,
    entry.osUser,
    entry.host,
    entry.origin,
    entry.verb,
    entry.arguments,
    entry.reason,
    entry.exitCode,
    entry.detail,
  ];
  return new Bun.SHA256().update(`${previous}\n${JSON.stringify(fields)}`).digest("hex");
}
