/** Streams, buckets and the first markets. */

import { bucket } from "@exchange/streams";
import { connectNats, listMarket, provisionStreams } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { defaultAssets, defaultMarkets } from "./default-markets.ts";
import type { ProvisioningEnv } from "./env.ts";

/** Safe to repeat: a market that is listed already keeps the rules it has by now. */
export async function provisionNats(env: ProvisioningEnv): Promise<void> {
  const connection = await connectNats({
    url: env.NATS_URL,
    user: env.NATS_USER,
    password: env.NATS_PASSWORD,
    name: "provision",
  });
  try {
    await provisionStreams(connection);
    await listDefaultMarkets(connection);
  } finally {
    await connection.close();
  }
}

async function listDefaultMarkets(connection: NatsConnection): Promise<void> {
  const listed = await connection.jetstream().views.kv(bucket.markets, { bindOnly: true });
  for (const market of defaultMarkets) {
    if ((await listed.get(`market.${market.market}`)) !== null) continue;
    const assets = defaultAssets.filter(({ asset }) => [market.base, market.quote].includes(asset));
    await listMarket(connection, market, assets);
  }
}
