/** What JetStream does with an fsync a write: one create an order, and orders in groups. */

import { randomBytes } from "node:crypto";

import { commandLog, encodeRecord, subject } from "@exchange/streams";
import type { PlaceOrder } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";
import { createAppender } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";
import { headers as createHeaders } from "nats";

import { withProvisioning } from "../../exchange/connect.ts";
import { runClosedLoop } from "../closed-loop.ts";
import type { Limit, LimitOptions } from "./limit.ts";

const EPOCH = 1;
const SINGLE_IN_FLIGHT = 64;
const GROUPED_IN_FLIGHT = 512;

/** About the size of an order as clients send it. */
const order: PlaceOrder = {
  kind: "PlaceOrder",
  accountId: 4_503_599_627_370_495,
  clientOrderId: "0123456789abcdef0123456789abcdef",
  holdId: 1_000_000,
  deadlineMs: 1_800_000_000_000,
  definitionVersion: 1,
  makerFeePpm: 1000,
  takerFeePpm: 2000,
  terms: {
    side: "buy",
    type: "limit",
    timeInForce: "GTC",
    postOnly: false,
    sizing: "quantity",
    priceTicks: assertPriceTicks(23_647),
    qtyLots: assertQtyLots(200_000_000),
    spendMax: assertSpendUnits(23_647 * 200_000_000),
  },
};

/** On a command log of its own, declared as every market's and removed afterwards. */
export async function measureCreates(options: LimitOptions): Promise<Limit[]> {
  const market = `L${randomBytes(4).toString("hex").toUpperCase()}-LIMIT`;
  return await withProvisioning(async (connection) => {
    const jsm = await connection.jetstreamManager();
    const declaration = commandLog(market, EPOCH);
    await jsm.streams.add(declaration);
    try {
      return [
        await measureSingle(connection, market, options),
        await measureGrouped(connection, market, options),
      ];
    } finally {
      await jsm.streams.delete(declaration.name);
    }
  });
}

async function measureSingle(
  connection: NatsConnection,
  market: string,
  { seconds }: LimitOptions,
): Promise<Limit> {
  const js = connection.jetstream();
  const createOnly = createHeaders();
  createOnly.set("Nats-Expected-Last-Subject-Sequence", "0");
  const writer = randomBytes(16).toString("hex");
  const bytes = encodeRecord({ v: 1, epoch: EPOCH, commands: [order] });
  let written = 0;
  const result = await runClosedLoop({
    inFlight: SINGLE_IN_FLIGHT,
    seconds,
    work: async () => {
      written += 1;
      const key = subject.command(market, EPOCH, `${writer}.${written}`);
      await js.publish(key, bytes, { headers: createOnly });
    },
  });
  return { name: `KV creates, one an order, ${SINGLE_IN_FLIGHT} in flight`, ...result };
}

async function measureGrouped(
  connection: NatsConnection,
  market: string,
  { seconds }: LimitOptions,
): Promise<Limit> {
  const jsm = await connection.jetstreamManager();
  const appender = createAppender({ connection, jsm, market, epoch: EPOCH });
  const result = await runClosedLoop({
    inFlight: GROUPED_IN_FLIGHT,
    seconds,
    work: async () => await appender.append(order),
  });
  await appender.close();
  return { name: `orders appended in groups, ${GROUPED_IN_FLIGHT} in flight`, ...result };
}
