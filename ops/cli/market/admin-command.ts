/**
 * Admin commands: the log decides, the definition is a view of it. The log goes first, so whoever dies in
 * between leaves a market that refuses orders until the command is repeated, never one that lies.
 */

import type {
  Command,
  CommandPosition,
  Market,
  MarketDefinition,
  MarketEvent,
  MarketState,
  TradingRules,
} from "@exchange/streams/contract";
import { createAppender, writeMarketDefinition } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { readEvents, waitForCommand } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";

/** What the commands so far have made of a market. */
interface Status {
  state: MarketState;
  version: number;
  rules: TradingRules | undefined;
}

/** Changes a market by the command that `makeCommand` makes for its next version; the definition follows. */
export async function administer(
  connection: NatsConnection,
  market: Market,
  makeCommand: (nextVersion: number) => Command,
): Promise<MarketDefinition> {
  const { version } = await readStatus(connection, market);
  await decide(connection, market, makeCommand(version + 1));
  const { rules, ...status } = await readStatus(connection, market);
  const { rules: _, ...unchanged } = definitionOf(market);
  const definition = { ...unchanged, ...status, ...(rules !== undefined && { rules }) };
  await writeMarketDefinition(connection, definition);
  return definition;
}

/** Cancels everybody's orders, slice after slice, and says how many they were. */
export async function clearMarket(connection: NatsConnection, market: Market): Promise<number> {
  for (let cancelled = 0; ;) {
    const events = await decide(connection, market, { kind: "CancelMarketOrders" });
    const slice = events.find((event) => event.kind === "OrdersCancelled");
    cancelled += slice?.cancelled ?? 0;
    if (slice === undefined || slice.left === 0) return cancelled;
  }
}

/** What the engine said to the command. Refuses when the engine does. */
async function decide(
  connection: NatsConnection,
  market: Market,
  command: Command,
): Promise<readonly MarketEvent[]> {
  const position = await append(connection, market, command);
  await waitForCommand(connection, market, position);
  const events: MarketEvent[] = [];
  await readEvents(connection, market, (event) => {
    if (event.command === position) events.push(event);
  });
  const refusal = events.find((event) => event.kind === "CommandRejected");
  if (refusal === undefined) return events;
  throw new Failure(`${market.market} refused: ${refusal.code}.`);
}

async function append(
  connection: NatsConnection,
  { market, epoch }: Market,
  command: Command,
): Promise<CommandPosition> {
  const jsm = await connection.jetstreamManager();
  const appender = createAppender({ connection, jsm, market, epoch });
  const appended = await appender.append(command);
  await appender.close();
  if (appended.kind === "full") throw new Failure(`The command log of ${market} is full.`);
  return appended.position;
}

async function readStatus(connection: NatsConnection, market: Market): Promise<Status> {
  const status: Status = { state: "continuous", version: 1, rules: undefined };
  await readEvents(connection, market, (event) => {
    if (event.kind === "MarketStateChanged") status.state = event.state;
    else if (event.kind === "MarketRulesChanged") status.rules = event.rules;
    else return;
    status.version = event.definitionVersion;
  });
  return status;
}

/** Without the conversions that follow from it. */
function definitionOf(market: Market): MarketDefinition {
  const { market: id, base, quote, baseScale, quoteScale, tick, lot } = market;
  const { makerFeePpm, takerFeePpm, state, version, epoch } = market;
  const what = { market: id, base, quote, baseScale, quoteScale, tick, lot };
  return { ...what, makerFeePpm, takerFeePpm, state, version, epoch };
}
