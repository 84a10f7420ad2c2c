/** Has snapshots made, one at a time for this process, since each takes the memory of another book. */

import { join } from "node:path";

import type { MarketId } from "@exchange/streams/contract";

import type { SnapshotOutcome } from "./make-snapshot.ts";

export interface SnapshotOrder {
  readonly market: MarketId;
  readonly epoch: number;
}

/** Rejects when there is no snapshot afterwards. */
export type SnapshotMaker = (order: SnapshotOrder) => Promise<SnapshotOutcome>;

/** One that takes longer waits for a server that is away. */
const LIMIT_MS = 120_000;

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
    { stdin: "pipe", stdout: "pipe", stderr: "pipe", timeout: LIMIT_MS, killSignal: "SIGKILL" },
  );
  const end = (): void => maker.kill("SIGKILL");
  process.on("exit", end);
  const [said, failure] = await Promise.all([maker.stdout.text(), maker.stderr.text()]);
  const code = await maker.exited;
  process.off("exit", end);
  if (code === 0 && (said === "written" || said === "not needed")) return said;
  throw new Error(`snapshot of ${market} ended with ${code}: ${failure.trim()}`);
}
