/** Which epoch's event log has what follows a reader's cursor. One that was behind at a rotation reads on where it was. */

import { setTimeout as sleep } from "node:timers/promises";

import type { JetStreamManager } from "nats";

import type { Market } from "../contract/index.ts";
import { stream } from "../subjects.ts";
import { jetStreamCode, natsErrorCode } from "./error-code.ts";

const RETRY_DELAY_MS = 250;

export interface EpochCursor {
  readonly epoch: number;
  /** Of the last frame that was read. Sequences go on from epoch to epoch. */
  readonly sequence: number;
}

export interface EpochLog {
  readonly epoch: number;
  /** The last frame of an epoch that is over; undefined where more will come. */
  readonly last: number | undefined;
}

/**
 * `market`: as far as this process has heard; a cursor may be further. Waits for the server as long as `signal` lets
 * it. Throws when the log is gone.
 */
export async function epochAfter(
  jsm: JetStreamManager,
  market: Pick<Market, "market" | "epoch">,
  { cursor, signal }: { readonly cursor: EpochCursor; readonly signal: AbortSignal },
): Promise<EpochLog> {
  let { epoch } = cursor;
  while (epoch < market.epoch && !signal.aborted) {
    const last = await readLast(jsm, stream.events(market.market, epoch));
    if (last === undefined)
      await sleep(RETRY_DELAY_MS, undefined, { signal }).catch(() => undefined);
    else if (last > cursor.sequence) return { epoch, last };
    else epoch += 1;
  }
  return { epoch, last: undefined };
}

/** Undefined while the server is away. */
async function readLast(jsm: JetStreamManager, name: string): Promise<number | undefined> {
  try {
    return (await jsm.streams.info(name)).state.last_seq;
  } catch (error) {
    if (natsErrorCode(error) === jetStreamCode.streamNotFound) {
      throw new Error(
        `${name} was deleted, and this cursor stands in it: the database is older than the deletion (ops/runbooks/market-log-full.md)`,
        { cause: error },
      );
    }
    return undefined;
  }
}
