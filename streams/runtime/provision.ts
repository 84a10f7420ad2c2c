/** Creating what the topology declares. Only `ops` calls it, as the one NATS user who may touch streams. */

import type { JetStreamManager, NatsConnection } from "nats";

import type { AssetDefinition, MarketDefinition } from "../contract/index.ts";
import type { StreamDeclaration } from "../topology.ts";
import { commandLog, eventLog, sharedStreams } from "../topology.ts";
import { assertServer, assertStream } from "./connect.ts";
import { natsErrorCode } from "./error-code.ts";
import { writeAssetDefinition, writeMarketDefinition } from "./markets.ts";

const STREAM_NOT_FOUND = 10059;

/** The shared buckets. Safe to repeat; throws when one exists with another configuration. */
export async function provisionStreams(connection: NatsConnection): Promise<void> {
  const jsm = await connection.jetstreamManager();
  await assertServer(jsm);
  for (const declaration of sharedStreams) await ensureStream(jsm, declaration);
}

/** A market's logs, then its definition: whoever sees the definition may rely on the logs. Safe to repeat. */
export async function listMarket(
  connection: NatsConnection,
  market: MarketDefinition,
  assets: readonly AssetDefinition[],
): Promise<void> {
  const jsm = await connection.jetstreamManager();
  await ensureStream(jsm, commandLog(market.market, market.epoch));
  await ensureStream(jsm, eventLog(market.market, market.epoch));
  for (const asset of assets) await writeAssetDefinition(connection, asset);
  await writeMarketDefinition(connection, market);
}

async function ensureStream(jsm: JetStreamManager, declaration: StreamDeclaration): Promise<void> {
  try {
    await jsm.streams.info(declaration.name);
  } catch (error) {
    if (natsErrorCode(error) !== STREAM_NOT_FOUND) throw error;
    await jsm.streams.add(declaration);
  }
  await assertStream(jsm, declaration);
}
