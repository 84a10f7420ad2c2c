/**
 * Changing a market's state: the log decides, the definition is a view of it. The log goes first, so whoever
 * dies in between leaves a market that refuses orders until the command is repeated, never one that lies.
 */

import type { Market, MarketState, MarketStateChanged } from "@exchange/streams/contract";
import { createAppender, writeMarketDefinition } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { readEvents, waitForCommand } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";

/** The definition as it is now. Repeating it changes nothing but the version. */
export async function setMarketState(
  connection: NatsConnection,
  market: Market,
  state: MarketState,
): Promise<Market> {
  const before = await readLastChange(connection, market);
  const definitionVersion = (before?.definitionVersion ?? 1) + 1;
  const appender = createAppender({
    connection,
    jsm: await connection.jetstreamManager(),
    market: market.market,
    epoch: market.epoch,
  });
  const appended = await appender.append({ kind: "SetMarketState", state, definitionVersion });
  await appender.close();
  if (appended.kind === "full") throw new Failure(`The command log of ${market.market} is full.`);
  await waitForCommand(connection, market, appended.position);
  const change = await readLastChange(connection, market);
  if (change?.command !== appended.position) {
    throw new Failure(`${market.market} refused: it is closed, or somebody else changed it.`);
  }
  const { unitsPerLot: _, unitsPerTickLot: __, unitsPerTick: ___, ...definition } = market;
  await writeMarketDefinition(connection, { ...definition, state, version: definitionVersion });
  return { ...market, state, version: definitionVersion };
}

async function readLastChange(
  connection: NatsConnection,
  market: Market,
): Promise<MarketStateChanged | undefined> {
  let last: MarketStateChanged | undefined;
  await readEvents(connection, market, (event) => {
    if (event.kind === "MarketStateChanged") last = event;
  });
  return last;
}
