/** Where an engine begins: at the newest snapshot that the event log vouches for, or at genesis. */

import { stream } from "@exchange/streams";
import { jetStreamCode, natsErrorCode } from "@exchange/streams/runtime";

import { createBook } from "./core/index.ts";
import type { FrameHead } from "./frames.ts";
import { decodeFrameHead } from "./frames.ts";
import type { MarketContext, StartPoint } from "./market-context.ts";
import { Replica } from "./replica.ts";
import type { SnapshotSummary, StoredSnapshot } from "./snapshot.ts";
import { isVouchedFor } from "./snapshot.ts";

/** The command that stands for genesis among the starts that led astray. */
export const GENESIS_COMMAND = 0;

/** `misled`: commands of starts that did not lead where the event log is. Undefined when none is left. */
export async function chooseStart(
  context: MarketContext,
  misled: ReadonlySet<number>,
): Promise<StartPoint | undefined> {
  const { market, epoch, telemetry } = context;
  for (const summary of await context.snapshots.list(market, epoch)) {
    if (misled.has(summary.command)) continue;
    const snapshot = await readTrusted(context, summary);
    if (snapshot !== undefined) {
      const { sequence } = snapshot.replica;
      return { snapshot, commandsAfter: sequence, eventsAfter: snapshot.anchorSequence - 1 };
    }
    telemetry.logger.warn(`snapshot ${summary.name} at ${summary.command} is skipped`);
    context.metrics.snapshots.inc({ market, outcome: "skipped" });
  }
  if (misled.has(GENESIS_COMMAND)) return undefined;
  return {
    snapshot: undefined,
    commandsAfter: await sequenceBeforeFirst(context, stream.commands(market, epoch)),
    eventsAfter: await sequenceBeforeFirst(context, stream.events(market, epoch)),
  };
}

async function readTrusted(
  context: MarketContext,
  summary: SnapshotSummary,
): Promise<StoredSnapshot | undefined> {
  const snapshot = await context.snapshots.read(summary);
  if (snapshot === undefined) return undefined;
  const anchor = await readFrameHead(context, snapshot.anchorSequence);
  if (anchor === undefined || !isVouchedFor(snapshot, anchor)) return undefined;
  return restores(context, snapshot) ? snapshot : undefined;
}

/** Undefined when the log has no such frame. */
async function readFrameHead(
  { jsm, market, epoch }: MarketContext,
  sequence: number,
): Promise<FrameHead | undefined> {
  try {
    const message = await jsm.streams.getMessage(stream.events(market, epoch), { seq: sequence });
    return decodeFrameHead(message.data);
  } catch (error) {
    if (natsErrorCode(error) === jetStreamCode.noMessage) return undefined;
    throw error;
  }
}

/** Whether the snapshot gives the book it says it does. */
function restores({ market, epoch }: MarketContext, { replica }: StoredSnapshot): boolean {
  try {
    return new Replica({ market, epoch, createBook }, replica).sequence === replica.sequence;
  } catch {
    return false;
  }
}

/** An epoch's streams may start past 1, since ids go on; an empty stream tells its first sequence too. */
async function sequenceBeforeFirst({ jsm }: MarketContext, name: string): Promise<number> {
  const { state } = await jsm.streams.info(name);
  return Math.max(state.first_seq - 1, 0);
}
