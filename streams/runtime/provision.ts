/** Creating what the topology declares. Only `ops` calls it, as the one NATS user who may touch streams. */

import type { JetStreamManager, NatsConnection } from "nats";

import type { AssetDefinition, MarketDefinition } from "../contract/index.ts";
import type { StreamDeclaration } from "../topology.ts";
import { commandLog, eventLog, sharedStreams } from "../topology.ts";
import { assertServer, assertStream } from "./connect.ts";
import { jetStreamCode, natsErrorCode } from "./error-code.ts";
import { writeAssetDefinition, writeMarketDefinition } from "./markets.ts";

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

/** The logs of a market's next epoch, which go on where those of the last one ended. Safe to repeat. */
export async function provisionEpoch(
  connection: NatsConnection,
  { market, epoch }: Pick<MarketDefinition, "market" | "epoch">,
  first: { readonly command: number; readonly event: number },
): Promise<void> {
  const jsm = await connection.jetstreamManager();
  await ensureStream(jsm, { ...commandLog(market, epoch), first_seq: first.command });
  await ensureStream(jsm, { ...eventLog(market, epoch), first_seq: first.event });
}

/**
 * For good: nothing is ever written to it any more. Safe to repeat. Refuses a stream with replicas: there the leader
 * looks at the seal when it proposes a message, so that what it proposed before is stored behind the seal's answer.
 */
export async function sealStream(connection: NatsConnection, name: string): Promise<void> {
  const jsm = await connection.jetstreamManager();
  const { config } = await jsm.streams.info(name);
  if (config.num_replicas !== 1)
    throw new Error(`${name} has replicas, and cannot be sealed for sure`);
  const sealed = { ...config, sealed: true };
  if (!config.sealed) await jsm.streams.update(name, sealed);
}

async function ensureStream(jsm: JetStreamManager, declaration: StreamDeclaration): Promise<void> {
  try {
    await jsm.streams.info(declaration.name);
  } catch (error) {
    if (natsErrorCode(error) !== jetStreamCode.streamNotFound) throw error;
    await jsm.streams.add(declaration);
  }
  await assertStream(jsm, declaration);
}
