/** Everything about one order from the logs and the ledger, put into one chain. */

import type { Command, CommandPosition, Market, MarketEvent } from "@exchange/streams/contract";

import { waitForReaders } from "../audit/read/wait-for-readers.ts";
import { cursorTables } from "../audit/read/wallet.ts";
import type { LogSource } from "../exchange/read-epochs.ts";
import type { Running } from "../setup/running.ts";
import type { ChainHold, Link } from "./chain.ts";
import { accountOf, buildChain, eventReference, holdsOf } from "./chain.ts";
import { readOrderLogs, readReversals } from "./read-logs.ts";
import { readMoney, readReversalCommands } from "./read-money.ts";

/** Settlement is a moment behind the engine; longer than this it is told as it is. */
const SETTLED_LIMIT_MS = 5000;

export interface ExplainedOrder {
  readonly market: Market;
  readonly orderId: CommandPosition;
  /** Of a leg of a pair it is known once it was decided about. */
  readonly clientOrderId: string | undefined;
  readonly accountId: number;
  /** Whether nothing can be decided about it any more. */
  readonly isOver: boolean;
  /** Whether the ledger has what the events say. */
  readonly isSettled: boolean;
  readonly holds: readonly ChainHold[];
  readonly chain: readonly Link[];
}

/** What an order is asked about with. */
export interface ExplainInput extends LogSource {
  readonly running: Pick<Running, "mysqlUrl">;
}

export async function explainOrder(
  input: ExplainInput,
  market: Market,
  orderId: CommandPosition,
): Promise<ExplainedOrder> {
  const { running } = input;
  const { commands, events, isOver, sequence } = await readOrderLogs(input, market, orderId);
  const [own] = commands;
  const accountId = own === undefined ? undefined : accountOf(own.command);
  if (own === undefined || accountId === undefined) throw new Error(`${orderId} is nobody's`);
  const url = `${running.mysqlUrl}/exchange_wallet`;
  const logged = new Map([[market.market, sequence]]);
  const giveUpMs = performance.now() + SETTLED_LIMIT_MS;
  await waitForReaders([{ url, table: cursorTables.settlement }], { logged, giveUpMs });
  const positions = (await readReversalCommands(url, market.market, events)).filter(
    (position) => !events.some((event) => event.command === position),
  );
  const later = await readReversals(input, market, { orderId, positions });
  const money = await readMoney(url, {
    market: market.market,
    accountId,
    holdIds: holdsOf(own.command, events),
    references: events.map((event) => eventReference(market.market, event)),
  });
  return {
    market,
    orderId,
    clientOrderId: clientOrderIdOf(own.command, events, orderId),
    accountId,
    isOver,
    isSettled: money.settledSequence >= sequence,
    holds: money.holds,
    chain: buildChain({
      market: market.market,
      commands: [...commands, ...later.commands],
      events: [...events, ...later.events],
      postings: money.postings,
    }),
  };
}

function clientOrderIdOf(
  own: Command,
  events: readonly MarketEvent[],
  orderId: CommandPosition,
): string | undefined {
  if (own.kind === "PlaceOrder") return own.clientOrderId;
  for (const event of events) {
    const isDecision = event.kind === "OrderAccepted" || event.kind === "OrderRejected";
    if (isDecision && event.orderId === orderId) return event.clientOrderId;
  }
  return undefined;
}
