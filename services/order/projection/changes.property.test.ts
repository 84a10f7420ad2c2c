import { expect, test } from "bun:test";

import type { MarketEvent } from "@exchange/streams/contract";
import { baseAmount, feeOf, quoteAmount } from "@exchange/streams/contract";
import fc from "fast-check";

import { accepted, framesOf, limitTerms, testMarket, traded } from "../testing/events.ts";
import { stepOver } from "./batch.ts";
import type { Cursor } from "./cursor.ts";

/** Each command takes from one order before it. */
const anyEvents: fc.Arbitrary<MarketEvent[]> = fc
  .array(fc.record({ qty: fc.nat(5), price: fc.integer({ min: 90, max: 110 }), back: fc.nat(3) }), {
    maxLength: 15,
  })
  .map((steps) =>
    steps.flatMap(({ qty, price, back }, place) => {
      const command = 1024 * (place + 1);
      const maker = Math.max(command - 1024 * (back + 1), 1024);
      const trades =
        qty === 0 || maker === command
          ? []
          : [traded({ command, index: 1, maker, qty, price, takerSide: "sell" })];
      return [accepted(command, limitTerms({ side: "sell" })), ...trades];
    }),
  );

const genesis = { command: 0, index: 0 };

interface Totals {
  filledLots: number;
  filledTickLots: bigint;
  fee: bigint;
}

/** What tables would hold: new rows inserted, changes added. */
function project(events: readonly MarketEvent[], sizes: number[], framesPerStep: number) {
  const rows = new Map<number, Totals>();
  const fills: string[] = [];
  const frames = framesOf(events, sizes, genesis).map((frame, place) => ({
    sequence: place + 1,
    frame,
  }));
  let cursor: Cursor | undefined;
  for (let done = 0; done < frames.length; done += framesPerStep) {
    const step = stepOver(testMarket, cursor, frames.slice(done, done + framesPerStep));
    cursor = step.to;
    for (const [orderId, change] of step.changes.orders) {
      expect(rows.has(orderId)).toBe(change.origin === undefined);
      const row = rows.get(orderId) ?? { filledLots: 0, filledTickLots: 0n, fee: 0n };
      rows.set(orderId, {
        filledLots: row.filledLots + change.filledLots,
        filledTickLots: row.filledTickLots + change.filledTickLots,
        fee: row.fee + change.fee,
      });
    }
    for (const { tradeCommand, role, qtyLots } of step.changes.fills) {
      fills.push(`${tradeCommand} ${role} ${qtyLots}`);
    }
  }
  return { rows, fills, cursor };
}

test("rows do not depend on how events are cut into frames and frames into steps", () => {
  fc.assert(
    fc.property(
      anyEvents,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 5 }),
      (events, sizes, framesPerStep) => {
        const cut = project(events, sizes, framesPerStep);
        const whole = project(events, [1000], 1);
        expect(cut.rows).toEqual(whole.rows);
        expect(cut.fills).toEqual(whole.fills);
        expect(cut.cursor?.position).toEqual(whole.cursor?.position);
        expect(cut.cursor?.lastPrice).toEqual(whole.cursor?.lastPrice);
      },
    ),
  );
});

test("both sides of every trade are counted, with their own fee on what they receive", () => {
  const events = [
    accepted(1024, limitTerms({ side: "buy" })),
    accepted(2048, limitTerms({ side: "sell" })),
    traded({ command: 2048, index: 1, maker: 1024, qty: 7, price: 95, takerSide: "sell" }),
  ];
  const { rows, fills } = project(events, [1000], 1);
  expect(fills).toEqual(["2048 maker 7", "2048 taker 7"]);
  expect(rows.get(1024)).toEqual({
    filledLots: 7,
    filledTickLots: 665n,
    fee: feeOf(baseAmount(testMarket, 7), 1000),
  });
  expect(rows.get(2048)?.fee).toBe(feeOf(quoteAmount(testMarket, 665), 2000));
});

test("a frame that does not follow on the cursor stops the projection", () => {
  const frames = framesOf([accepted(1024), accepted(2048), accepted(3072)], [1], genesis);
  const [first, second, third] = frames.map((frame, place) => ({ sequence: place + 1, frame }));
  if (first === undefined || second === undefined || third === undefined) throw new Error("three");
  expect(() => stepOver(testMarket, undefined, [second])).toThrow("comes after 0");
  expect(() => stepOver(testMarket, undefined, [first, third])).toThrow("comes after 1");
  const moved = { ...third, sequence: 2 };
  expect(() => stepOver(testMarket, undefined, [first, moved])).toThrow("starts at");
  const foreign = { ...first, frame: { ...first.frame, market: "ETH-USD" } };
  expect(() => stepOver(testMarket, undefined, [foreign])).toThrow("is of ETH-USD");
});

test("an order that appears twice stops the projection", () => {
  const frames = framesOf([accepted(1024), accepted(1024)], [2], genesis);
  const steps = frames.map((frame, place) => ({ sequence: place + 1, frame }));
  expect(() => stepOver(testMarket, undefined, steps)).toThrow("appears twice");
});
