/**
 * A process that makes one snapshot, prints what became of it and ends: `snapshot-process.ts MARKET EPOCH`. It has the
 * memory and the threads of another book, and runs only when nobody else wants the processor.
 */

import { constants, setPriority } from "node:os";

import { connectNats } from "@exchange/streams/runtime";

import { CONTRADICTED_EXIT_CODE, ContradictedSnapshot } from "./contradicted-snapshot.ts";
import { readEnv } from "./env.ts";
import { makeSnapshot } from "./make-snapshot.ts";
import { purgeOrphanChunks } from "./orphan-chunks.ts";
import { STEP } from "./read-steps.ts";
import { openSnapshotStore } from "./snapshot.ts";

/** Steps are told at most this often. */
const STEP_PAUSE_MS = 1000;
let toldMs = 0;

setPriority(constants.priority.PRIORITY_LOW);
// The engine's end of it closes when the engine is gone, however it went.
void Bun.stdin.bytes().then(() => process.exit(1));
const [market = "", epoch = ""] = process.argv.slice(2);
const env = readEnv();
const connection = await connectNats({
  url: env.NATS_URL,
  user: env.NATS_USER,
  password: env.NATS_PASSWORD,
  // The user's own inbox, since it may not listen to another.
  name: "engine",
});
const jsm = await connection.jetstreamManager();
await purgeOrphanChunks(jsm);
const outcome = await makeSnapshot(
  {
    connection,
    jsm,
    snapshots: await openSnapshotStore(connection, tellStep),
    market,
    epoch: Number(epoch),
    onSkipped: () => undefined,
  },
  tellStep,
).catch((error: unknown) => {
  if (!(error instanceof ContradictedSnapshot)) throw error;
  process.stderr.write(error.message);
  process.exit(CONTRADICTED_EXIT_CODE);
});
await connection.close();
await Bun.write(Bun.stdout, outcome);
process.exit(0);

/** The engine ends what takes no step any more. */
function tellStep(): void {
  const nowMs = performance.now();
  if (nowMs - toldMs < STEP_PAUSE_MS) return;
  toldMs = nowMs;
  void Bun.write(Bun.stdout, STEP);
}
