/**
 * Moving the engine's clock. Only a wallet that has settled all of the log asks for it, so it knows what is due. A tick's key is the log's last sequence, so that many wallets make one tick of one
 * situation; once the log has moved, the key is another and the tick can repeat.
 */

import { decodeFrame, encodeRecord, stream, subject } from "@exchange/streams";
import type { Market } from "@exchange/streams/contract";
import { sequenceOf } from "@exchange/streams/contract";
import type { JetStreamManager, NatsConnection } from "nats";
import { headers as createHeaders } from "nats";

import type { SettlementCursor } from "./cursor.ts";

const PUBLISH_TIMEOUT_MS = 2000;

export interface TickDeps {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
}

/**
 * `waiting`: a command behind the cursor is on its way and brings a time of its own. `unknown`: no answer, no
 * room, or another wallet was faster. The next look at the log tells, so nothing is tried again here.
 */
export type Ticked = "appended" | "waiting" | "unknown";

export async function appendTick(
  { connection, jsm }: TickDeps,
  { market, epoch }: Market,
  cursor: SettlementCursor,
): Promise<Ticked> {
  try {
    const { state } = await jsm.streams.info(stream.commands(market, epoch));
    if (sequenceOf(cursor.to.command) < state.last_seq) return "waiting";
    const createOnly = createHeaders();
    createOnly.set("Nats-Expected-Last-Subject-Sequence", "0");
    await connection
      .jetstream({ timeout: PUBLISH_TIMEOUT_MS })
      .publish(
        subject.command(market, epoch, `tick.${state.last_seq}`),
        encodeRecord({ v: 1, epoch, commands: [{ kind: "Tick" }] }),
        { headers: createOnly },
      );
    return "appended";
  } catch {
    return "unknown";
  }
}

/** What the last settled frame says is due. Rejects while the server does not answer. */
export async function readDueMs(
  { jsm }: Pick<TickDeps, "jsm">,
  { market, epoch, sequence }: SettlementCursor,
): Promise<number | undefined> {
  if (sequence === 0) return undefined;
  const message = await jsm.streams.getMessage(stream.events(market, epoch), { seq: sequence });
  return decodeFrame(message.data).dueMs;
}
