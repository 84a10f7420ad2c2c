/**
 * What an epoch led to, as the beginning of the next one: its whole log played, from the newest snapshot on, and
 * found equal to its events up to the last. Both logs are sealed, so nothing can come behind it.
 */

import { formatHash, stream } from "@exchange/streams";
import { assert, samePosition } from "@exchange/streams/contract";

import { chooseStart, readFrameHead } from "./choose-start.ts";
import { readLogged } from "./logged-record.ts";
import type { SnapshotDeps } from "./make-snapshot.ts";
import { readRecords } from "./read-records.ts";
import type { Replica } from "./replica.ts";
import type { StoredSnapshot } from "./snapshot.ts";

/** Two that write the same at once take each other's parts away; whoever comes later finds it whole. */
const WRITE_ATTEMPTS_MAX = 5;
const NO_START_MISLED: ReadonlySet<number> = new Set();

/** Throws when the commands do not lead to where the events end. Safe to repeat. */
export async function makeCheckpoint(deps: SnapshotDeps): Promise<StoredSnapshot> {
  const { jsm, market, epoch, snapshots } = deps;
  const start = await chooseStart(deps, NO_START_MISLED);
  assert(start !== undefined, `${market} has a start for epoch ${epoch}`);
  const { replica, commandsAfter } = start;
  const commands = await jsm.streams.info(stream.commands(market, epoch));
  const events = await jsm.streams.info(stream.events(market, epoch));
  assert(commands.config.sealed && events.config.sealed, `epoch ${epoch} of ${market} is over`);
  await readRecords(deps, { after: commandsAfter, last: commands.state.last_seq }, (message) =>
    replica.apply(readLogged(message)),
  );
  if (events.state.messages > 0) await assertSame(deps, replica, events.state.last_seq);
  else assert(commands.state.messages === 0, `${market} has events for all of its commands`);
  replica.enterEpoch(epoch + 1);
  const checkpoint: StoredSnapshot = {
    v: 2,
    anchorSequence: events.state.last_seq,
    replica: replica.snapshot(),
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
