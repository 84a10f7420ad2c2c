/** What the folder of an epoch's copy has in it, and where it stands: `README.md` describes it for who reads one. */

import { join } from "node:path";

import type { MarketId } from "@exchange/streams/contract";
import { z } from "zod";

export const MANIFEST_FILE = "manifest.json";

export const CopiedFile = z.object({
  file: z.string(),
  bytes: z.number(),
  /** Of the file as it is on the disk, hex. */
  sha256: z.string(),
});

const CopiedLog = CopiedFile.extend({
  records: z.number(),
  /** Sequences. */
  first: z.number(),
  last: z.number(),
});

export const Manifest = z.object({
  v: z.literal(1),
  market: z.string(),
  epoch: z.number(),
  exportedAt: z.string(),
  commands: CopiedLog,
  /** The running hashes at the ends of the first frame and of the last. */
  events: CopiedLog.extend({ hashAtFirst: z.string(), hashAtLast: z.string() }),
  /** What the epoch began with. Absent: it is the first one. */
  begin: CopiedFile.optional(),
  /** What it led to, and the next one began with. */
  end: CopiedFile,
});

export type Manifest = z.infer<typeof Manifest>;
export type CopiedFile = z.infer<typeof CopiedFile>;
export type CopiedLog = z.infer<typeof CopiedLog>;

export type LogKind = "commands" | "events";

export const logFile: Readonly<Record<LogKind, string>> = {
  commands: "commands.jsonl.gz",
  events: "events.jsonl.gz",
};

export const checkpointFile = { begin: "begin.checkpoint.zst", end: "end.checkpoint.zst" } as const;

/** Of one epoch, below the folder that all copies are in. */
export function copyFolder(copies: string, market: MarketId, epoch: number): string {
  return join(copies, market, String(epoch));
}
