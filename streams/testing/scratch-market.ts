/** A market of its own for one live test, with real streams that go away afterwards. */

import { randomBytes } from "node:crypto";

import type { JetStreamManager, NatsConnection } from "nats";

import type { MarketDefinition, MarketId } from "../contract/index.ts";
import { connectNats } from "../runtime/connect.ts";
import { jetStreamCode, natsErrorCode } from "../runtime/error-code.ts";
import { listMarket, provisionStreams } from "../runtime/provision.ts";
import { bucket, stream } from "../subjects.ts";
import { btcUsd } from "./btc-usd.ts";
import { readTestServer } from "./env.ts";

export interface ScratchMarket {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly definition: MarketDefinition;
  /** Deletes the market's streams, of all epochs, and its definition, and closes the connection. */
  remove(): Promise<void>;
}

/** Lists a market with random asset names on the server that `NATS_URL` names. */
export async function openScratchMarket(): Promise<ScratchMarket> {
  const connection = await connectNats({ ...readTestServer(), name: "scratch" });
  const jsm = await connection.jetstreamManager();
  const suffix = randomBytes(4).toString("hex").toUpperCase();
  const base = `B${suffix}`;
  const quote = `Q${suffix}`;
  const definition: MarketDefinition = { ...btcUsd, market: `${base}-${quote}`, base, quote };
  await provisionStreams(connection);
  await listMarket(connection, definition, [
    { asset: base, scale: 8, payoutScale: 8 },
    { asset: quote, scale: 10, payoutScale: 2 },
  ]);
  return {
    connection,
    jsm,
    definition,
    async remove() {
      await deleteLogs(jsm, definition.market);
      const markets = await connection.jetstream().views.kv(bucket.markets, { bindOnly: true });
      await markets.delete(`market.${definition.market}`);
      await markets.delete(`asset.${base}`);
      await markets.delete(`asset.${quote}`);
      await connection.close();
    },
  };
}

async function deleteLogs(jsm: JetStreamManager, market: MarketId): Promise<void> {
  for (let epoch = 1; ; epoch += 1) {
    for (const name of [stream.events(market, epoch), stream.commands(market, epoch)]) {
      await jsm.streams.delete(name).catch((error: unknown) => {
        // A test may have deleted it.
        if (natsErrorCode(error) !== jetStreamCode.streamNotFound) throw error;
      });
    }
    const next = await jsm.streams.info(stream.commands(market, epoch + 1)).catch(() => undefined);
    if (next === undefined) return;
  }
}
