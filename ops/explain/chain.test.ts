import { expect, test } from "bun:test";

import { createBook } from "@exchange/engine/core";
import type { Command, MarketEvent } from "@exchange/streams/contract";
import { commandPosition, formatPosition } from "@exchange/streams/contract";
import { FAR_DEADLINE_MS, placeLimitOrder } from "@exchange/streams/testing";

import type { ChainPosting, Link, LoggedCommand } from "./chain.ts";
import { buildChain, concerns, endsOrder, holdsOf } from "./chain.ts";

const orderId = commandPosition(1, 0);
const sell = placeLimitOrder({ side: "sell", price: 100, qty: 5, accountId: 1, holdId: 11 });
const commands: readonly Command[] = [
  sell,
  placeLimitOrder({ side: "sell", price: 101, qty: 5, accountId: 2, holdId: 12 }),
  placeLimitOrder({ side: "buy", price: 100, qty: 2, accountId: 3, holdId: 13 }),
  { kind: "CancelOrder", accountId: 1, orderId: 999, deadlineMs: FAR_DEADLINE_MS },
  { kind: "CancelOrder", accountId: 1, orderId, deadlineMs: FAR_DEADLINE_MS },
];

function play(): MarketEvent[] {
  const book = createBook();
  const events: MarketEvent[] = [];
  for (const [index, command] of commands.entries()) {
    const position = commandPosition(index + 1, 0);
    book.apply({ command, position, timeMs: 1, foreignEpoch: false }, (event) =>
      events.push(event),
    );
  }
  return events;
}

const own = play().filter((event) => concerns(event, orderId));

function loggedAt(sequence: number): LoggedCommand {
  const command = commands[sequence - 1];
  if (command === undefined) throw new Error(`there is no command ${sequence}`);
  const position = commandPosition(sequence, 0);
  return { position, epoch: 1, key: `writer.${sequence}`, storedMs: 1, command };
}

function posting(reason: string, reference: string): ChainPosting {
  const nothing = { availableChange: 0n, heldChange: 0n, availableAfter: 0n, heldAfter: 0n };
  const line = { transactionId: 1, owner: "1", asset: "BTC", version: 1, timeMs: 1 };
  return { ...line, ...nothing, reason, reference };
}

function say(link: Link): string {
  switch (link.kind) {
    case "command":
      return `${link.logged.command.kind} ${link.logged.key}`;
    case "event":
      return `${link.event.kind} ${formatPosition(link.event)}`;
    case "posting":
      return `posting ${link.posting.reference}`;
  }
}

test("what is about others is left out, and the end is seen", () => {
  expect(own.map(({ kind }) => kind)).toEqual([
    "OrderAccepted",
    "OrderRested",
    "Trade",
    "OrderCancelled",
  ]);
  expect(own.map((event) => endsOrder(event, orderId))).toEqual([false, false, false, true]);
  expect(holdsOf(sell, own)).toEqual([11]);
});

test("the end of a counterparty is not the order's", () => {
  const taker = commandPosition(3, 0);
  const trade = own.filter(({ kind }) => kind === "Trade");
  expect(trade.map((event) => endsOrder(event, taker))).toEqual([true]);
  expect(trade.map((event) => endsOrder(event, orderId))).toEqual([false]);
});

test("the chain goes from the hold by the commands, events and postings to what came by itself", () => {
  const chain = buildChain({
    market: "BTC-USD",
    commands: [loggedAt(1), loggedAt(3), loggedAt(5)],
    events: own,
    postings: [
      posting("hold", "11"),
      posting("trade", "BTC-USD:3072-1"),
      posting("trade", "BTC-USD:3072-1"),
      posting("void", "11@BTC-USD:9999-0"),
      posting("cancel", "BTC-USD:5120-0"),
    ],
  });
  expect(chain.map(say)).toEqual([
    "posting 11",
    "PlaceOrder writer.1",
    "OrderAccepted 1024-0",
    "OrderRested 1024-1",
    "PlaceOrder writer.3",
    "Trade 3072-1",
    "posting BTC-USD:3072-1",
    "posting BTC-USD:3072-1",
    "CancelOrder writer.5",
    "OrderCancelled 5120-0",
    "posting BTC-USD:5120-0",
    "posting 11@BTC-USD:9999-0",
  ]);
});
