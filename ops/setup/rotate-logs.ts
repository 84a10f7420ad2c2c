/**
 * Keeps the processes' logs below a size while they run. A process holds its log open for as long as it lives and
 * appends to it, so that a log is copied aside and emptied under it: nobody has to be told. What is written in the
 * moment between the last look and the cut is lost.
 */

import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { explain } from "./failure.ts";

/** A log is this long at most, and so is the one copy that is kept of what came before. */
export const logBytesMax = 16 * 1024 * 1024;
const lookEveryMs = 2_000;
const copyBytes = 1024 * 1024;

export interface LogKeeperInput {
  readonly folder: string;
  readonly bytesMax: number;
  readonly report: (line: string) => void;
}

export interface LogKeeper {
  /** Resolves when nothing is being copied any more. */
  stop(): Promise<void>;
}

/** Looks at every `*.log` of the folder now and then. */
export function keepLogsShort(input: LogKeeperInput): LogKeeper {
  let looking: Promise<void> = Promise.resolve();
  let troubled = false;
  async function look(): Promise<void> {
    try {
      await shortenLogs(input);
      troubled = false;
    } catch (error) {
      // A full disk, most likely: said once, and tried again.
      if (!troubled) input.report(`A log could not be shortened: ${explain(error)}`);
      troubled = true;
    }
  }
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, lookEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** Empties each log that is too long into its copy. */
export async function shortenLogs({ folder, bytesMax }: LogKeeperInput): Promise<void> {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".log"))) {
    const path = join(folder, name);
    if (statSync(path).size > bytesMax) await moveContents(path);
  }
}

async function moveContents(path: string): Promise<void> {
  const next = `${path}.new`;
  const log = openSync(path, "r");
  const copy = openSync(next, "w", 0o600);
  try {
    const buffer = Buffer.alloc(copyBytes);
    for (let length = 1; length > 0;) {
      // Others get their turn between two pieces, but not between the last look and the cut.
      await Bun.sleep(0);
      length = copyPiece(log, copy, buffer);
      while (length > 0 && length < copyBytes) length = copyPiece(log, copy, buffer);
      if (length === 0) truncateSync(path);
    }
    await rename(next, `${path}.1`);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  } finally {
    closeSync(log);
    closeSync(copy);
  }
}

function copyPiece(from: number, to: number, buffer: Buffer): number {
  const length = readSync(from, buffer);
  for (let written = 0; written < length;) {
    written += writeSync(to, buffer, written, length - written);
  }
  return length;
}
