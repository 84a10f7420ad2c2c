/**
 * What an epoch led to, as the beginning of the next one: its log played from the newest snapshot but one on, found
 * equal to the newest on the way, and to its events at the last. Both logs are sealed, so nothing can come behind it.
 */

import { formatHash, stream } from "@exchange/streams";
import { assert, samePosition } from "@exchange/streams/contract";

import { readFrameHead } from "./choose-start.ts";
import type { SnapshotDeps } from "./make-snapshot.ts";
import { chooseOlderStart, playFrom } from "./older-start.ts";
import type { Replica } from "./replica.ts";
import type { StoredSnapshot } from "./snapshot.ts";
import type { TrialBalance } from "./trial-balance.ts";
import { trialBalanceOf } from "./trial-balance.ts";

export { ContradictedSnapshot } from "./contradicted-snapshot.ts";
export type { TrialBalance } from "./trial-balance.ts";
export { trialBalanceOf } from "./trial-balance.ts";

/** Two that write the same at once take each other's parts away; whoever comes later finds it whole. */
const WRITE_ATTEMPTS_MAX = 5;

/**
 * While the epoch goes on: throws a `ContradictedSnapshot` when the commands do not lead from the newest snapshot but
 * one to the newest, which is found before anything is sealed for the sake of a checkpoint that there cannot be.
 */
export async function compareSnapshots(deps: SnapshotDeps): Promise<void> {
  const way = await chooseOlderStart(deps, await deps.snapshots.list(deps.market, deps.epoch));
  if (way.newest !== undefined) await playFrom(deps, way, { last: way.newest.sequence });
}

/** Throws when the ledger's holds are not what the orders that go on can spend, which nobody then relies on. */
export type Agree = (trialBalance: TrialBalance) => Promise<void>;

/**
 * Throws when the commands do not lead to where the events end, a `ContradictedSnapshot` when they do not lead to the
 * newest snapshot, and whatever `agree` throws. Safe to repeat.
 */
export async function makeCheckpoint(deps: SnapshotDeps, agree: Agree): Promise<StoredSnapshot> {
  const { jsm, market, epoch, snapshots } = deps;
  const commands = await jsm.streams.info(stream.commands(market, epoch));
  const events = await jsm.streams.info(stream.events(market, epoch));
  assert(commands.config.sealed && events.config.sealed, `epoch ${epoch} of ${market} is over`);
  const way = await chooseOlderStart(deps, await snapshots.list(market, epoch));
  const { replica } = way.start;
  await playFrom(deps, way, { last: commands.state.last_seq });
  if (events.state.messages > 0) await assertSame(deps, replica, events.state.last_seq);
  else assert(commands.state.messages === 0, `${market} has events for all of its commands`);
  replica.enterEpoch(epoch + 1);
  const begun = replica.snapshot();
  const trialBalance = trialBalanceOf(begun.book);
  await agree(trialBalance);
  const checkpoint: StoredSnapshot = {
    v: 2,
    anchorSequence: events.state.last_seq,
    trialBalance,
    replica: begun,
  };
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    await snapshots.writeCheckpoint(checkpoint);
    const stored = await snapshots.readCheckpoint(market, epoch + 1);
    if (Bun.deepEquals(stored, checkpoint)) return checkpoint;
  }
  throw new Error(`a checkpoint of ${market} does not read as it was written`);
}

async function assertSame(deps: SnapshotDeps, replica: Replica, sequence: number): Promise<void> {
  const last = await readFrameHead(deps, sequence);
  assert(
    last?.complete === true &&
      samePosition(last.to, replica.position) &&
      last.hashAtTo === formatHash(replica.hash),
    `${deps.market}'s commands lead to where its events end in epoch ${deps.epoch}`,
  );
}
