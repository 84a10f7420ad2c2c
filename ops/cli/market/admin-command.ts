/**
 * Admin commands: the log decides, and the definition follows it without the operator's help: the market service
 * reads what the engine said and writes it down. So an operator's command works while that service is away, too.
 */

import { decodeFrame, stream } from "@exchange/streams";
import type {
  AccountId,
  Command,
  CommandPosition,
  Market,
  MarketDefinition,
  MarketEvent,
  MarketStatus,
  ReversedTrade,
} from "@exchange/streams/contract";
import { comparePositions, statusAfter } from "@exchange/streams/contract";
import { createAppender, watchMarkets } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { firstEpochLeft, readEvents } from "../../exchange/read-epochs.ts";
import { lastSequence, readLog, waitForCommand } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";

/** For the market service to show a change. */
const SHOW_LIMIT_MS = 5000;
/** Of a cancel, in a log that is written to all the time; clocks may differ. */
const CANCEL_LIFE_MS = 60_000;

export interface Administered {
  /** As the log has it. */
  readonly definition: MarketDefinition;
  /** Whether readers see it already. */
  readonly isShown: boolean;
}

/** Changes a market by the command that `makeCommand` makes for its next version. */
export async function administer(
  connection: NatsConnection,
  market: Market,
  makeCommand: (nextVersion: number) => Command,
): Promise<Administered> {
  let decision = await decide(connection, market, makeCommand(market.version + 1));
  if (decision.refusal === "MARKET_CHANGED") {
    // The definition is behind the log, or somebody else was faster: only the log knows the version.
    const { version } = await readStatus(connection, market);
    decision = await decide(connection, market, makeCommand(version + 1));
  }
  const { status } = accepted(market, decision);
  const shown = await waitUntilShown(connection, market, status);
  return { definition: shown ?? { ...market, ...status }, isShown: shown !== undefined };
}

/** Cancels everybody's orders, slice after slice, and says how many they were. */
export async function clearMarket(connection: NatsConnection, market: Market): Promise<number> {
  return await cancelInSlices(connection, market, () => ({ kind: "CancelMarketOrders" }));
}

/** As `clearMarket`, of one account. */
export async function clearAccount(
  connection: NatsConnection,
  market: Market,
  accountId: AccountId,
): Promise<number> {
  return await cancelInSlices(connection, market, () => ({
    kind: "CancelAllOrders",
    accountId,
    deadlineMs: Date.now() + CANCEL_LIFE_MS,
  }));
}

/** Takes trades back, the newest first. Returns the command's position. */
export async function reverseTrades(
  connection: NatsConnection,
  market: Market,
  trades: readonly ReversedTrade[],
): Promise<CommandPosition> {
  const decision = await decide(connection, market, { kind: "ReverseTrades", trades });
  return accepted(market, decision).position;
}

async function cancelInSlices(
  connection: NatsConnection,
  market: Market,
  makeCommand: () => Command,
): Promise<number> {
  for (let cancelled = 0; ;) {
    const decision = await decide(connection, market, makeCommand());
    const { events } = accepted(market, decision);
    const slice = events.find((event) => event.kind === "OrdersCancelled");
    cancelled += slice?.cancelled ?? 0;
    if (slice === undefined || slice.left === 0) return cancelled;
  }
}

/** What the engine said to a command. */
interface Decision {
  readonly position: CommandPosition;
  readonly events: readonly MarketEvent[];
  /** What the command made of the market. */
  readonly status: MarketStatus;
  readonly refusal: string | undefined;
}

async function decide(
  connection: NatsConnection,
  market: Market,
  command: Command,
): Promise<Decision> {
  const name = stream.events(market.market, market.epoch);
  // Its events stand behind what is there now; a long log need not be read for them.
  const after = await lastSequence(connection, name);
  const position = await append(connection, market, command);
  await waitForCommand(connection, market, position);
  const until = await lastSequence(connection, name);
  const events: MarketEvent[] = [];
  for await (const { data } of readLog(connection, { stream: name, after, until })) {
    events.push(...decodeFrame(data).events.filter((event) => event.command === position));
  }
  return {
    position,
    events,
    status: events.reduce(statusAfter, statusOf(market)),
    refusal: events.find((event) => event.kind === "CommandRejected")?.code,
  };
}

/** Refuses when the engine did. */
function accepted({ market }: Market, decision: Decision): Decision {
  if (decision.refusal === undefined) return decision;
  throw new Failure(`${market} refused: ${decision.refusal}.`);
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
  if (appended.kind === "over") throw new Failure(`${market} is being rotated; repeat this then.`);
  return appended.position;
}

async function readStatus(connection: NatsConnection, market: Market): Promise<MarketStatus> {
  // No epoch is deleted before the definition has what its events made of it.
  let status = statusOf(market);
  const from = await firstEpochLeft(connection, market);
  await readEvents({ connection }, { market, from }, (event) => {
    status = statusAfter(status, event);
  });
  return status;
}

function statusOf({ state, version, rules, changedAt }: Market): MarketStatus {
  return {
    state,
    version,
    ...(rules !== undefined && { rules }),
    ...(changedAt !== undefined && { changedAt }),
  };
}

/** The definition once it follows from that change or a later one. Undefined after the limit. */
async function waitUntilShown(
  connection: NatsConnection,
  { market }: Market,
  { changedAt }: MarketStatus,
): Promise<Market | undefined> {
  if (changedAt === undefined) return undefined;
  const shown = Promise.withResolvers<Market | undefined>();
  const timer = setTimeout(() => shown.resolve(undefined), SHOW_LIMIT_MS);
  const directory = await watchMarkets(connection);
  try {
    directory.onMarket((one) => {
      if (one.market !== market || one.changedAt === undefined) return;
      if (comparePositions(one.changedAt, changedAt) >= 0) shown.resolve(one);
    });
    return await shown.promise;
  } finally {
    clearTimeout(timer);
    directory.stop();
  }
}
