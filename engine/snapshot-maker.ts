/** Has snapshots made, one at a time for this process, since each takes the memory of another book. */

import { join } from "node:path";

import type { MarketId } from "@exchange/streams/contract";

import { CONTRADICTED_EXIT_CODE, ContradictedSnapshot } from "./contradicted-snapshot.ts";
import type { SnapshotOutcome } from "./make-snapshot.ts";
import { readSteps } from "./read-steps.ts";

export interface SnapshotOrder {
  readonly market: MarketId;
  readonly epoch: number;
}

/** Rejects when there is no snapshot afterwards, with a `ContradictedSnapshot` when somebody has to look. */
export type SnapshotMaker = (order: SnapshotOrder) => Promise<SnapshotOutcome>;

/** Without a step for that long, it waits for a server that is away. */
const STEP_LIMIT_MS = 120_000;

const COMPLAINT_CHARACTERS_MAX = 4096;

export function createSnapshotMaker(): SnapshotMaker {
  let previous: Promise<unknown> = Promise.resolve();
  return async (order) => {
    const made = previous.then(async () => await makeInProcess(order));
    previous = made.catch(() => undefined);
    return await made;
  };
}

async function makeInProcess({ market, epoch }: SnapshotOrder): Promise<SnapshotOutcome> {
  const maker = Bun.spawn(
    [
      process.execPath,
      "--no-env-file",
      join(import.meta.dir, "snapshot-process.ts"),
      market,
      String(epoch),
    ],
    // It ends when its input does, so it does not outlive an engine that is killed.
    { stdin: "pipe", stdout: "pipe", stderr: "pipe" },
  );
  const end = (): void => maker.kill("SIGKILL");
  process.on("exit", end);
  const [said, failure] = await Promise.all([
    readSteps(maker.stdout, { limitMs: STEP_LIMIT_MS, onStall: end }),
    readEnd(maker.stderr),
  ]);
  const code = await maker.exited;
  process.off("exit", end);
  if (code === 0 && (said === "written" || said === "not needed")) return said;
  if (code === CONTRADICTED_EXIT_CODE) throw new ContradictedSnapshot(failure);
  throw new Error(`snapshot of ${market} ended with ${code}: ${failure.trim()}`);
}

/** What a process complained of last. */
async function readEnd(output: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let end = "";
  for await (const bytes of output) {
    end = (end + decoder.decode(bytes, { stream: true })).slice(-COMPLAINT_CHARACTERS_MAX);
  }
  return end;
}
