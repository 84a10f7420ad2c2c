import { expect, test } from "bun:test";

import { createBook } from "@exchange/engine/core";
import type { MarketEvent, MarketState } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, marketStates } from "@exchange/streams/contract";

import { auditStreams } from "./audit-streams.ts";
import { BookLevels } from "./book-levels.ts";
import type { Check } from "./check.ts";
import { checkBook } from "./streams/book-checks.ts";
import { ReplayChecks } from "./streams/replay-checks.ts";
import type { SmallMarket } from "./testing/small-market.ts";
import { createSmallMarket, market } from "./testing/small-market.ts";

type Plant = (small: SmallMarket) => SmallMarket;

async function audit(
  { records, frames, snapshot }: SmallMarket,
  unreadable: readonly string[] = [],
): Promise<Check[]> {
  return await auditStreams({
    market,
    records: records.map((logged) => ({ epoch: 1, ...logged })),
    frames,
    snapshots: { readable: [snapshot], unreadable },
    onFrame: () => undefined,
    onEvent: () => undefined,
  });
}

function brokenNames(checks: readonly Check[]): string[] {
  return checks.filter(({ violations }) => violations > 0).map(({ name }) => name);
}

test("logs as the engine writes them break nothing, and every check had something to look at", async () => {
  const checks = await audit(createSmallMarket());
  expect(checks.flatMap(({ told }) => told)).toEqual([]);
  expect(checks.filter(({ examined }) => examined === 0)).toEqual([]);
});

test("an engine that is behind its commands breaks nothing", async () => {
  const small = createSmallMarket();
  const checks = await audit({ ...small, frames: small.frames.slice(0, 3) });
  expect(checks.flatMap(({ told }) => told)).toEqual([]);
});

/** The same frames with one changed. */
function changeFrame(
  { frames, ...rest }: SmallMarket,
  place: number,
  change: (frame: SmallMarket["frames"][number]) => SmallMarket["frames"][number],
): SmallMarket {
  return { ...rest, frames: frames.map((one, index) => (index === place ? change(one) : one)) };
}

function changeEvents(
  small: SmallMarket,
  place: number,
  change: (events: readonly MarketEvent[]) => readonly MarketEvent[],
): SmallMarket {
  return changeFrame(small, place, ({ frame, ...others }) => ({
    ...others,
    frame: { ...frame, events: change(frame.events) },
  }));
}

const plants: readonly (readonly [fault: string, check: string, plant: Plant])[] = [
  [
    "a missing record",
    "the command log has no gap",
    (small) => ({ ...small, records: small.records.toSpliced(2, 1) }),
  ],
  [
    "an empty record",
    "the command log has no gap",
    (small) => ({
      ...small,
      records: small.records.map((logged, index) =>
        index === 3 ? { ...logged, record: { ...logged.record, commands: [] } } : logged,
      ),
    }),
  ],
  [
    "a missing frame",
    "the event log has no gap",
    (small) => ({ ...small, frames: small.frames.toSpliced(1, 1) }),
  ],
  [
    "a frame of another epoch",
    "the event log has no gap",
    (small) => changeFrame(small, 1, (one) => ({ ...one, frame: { ...one.frame, epoch: 2 } })),
  ],
  [
    "a frame that says another time",
    "the event log has no gap",
    (small) => changeFrame(small, 1, (one) => ({ ...one, frame: { ...one.frame, timeMs: 1 } })),
  ],
  [
    "a first event left out of its frame",
    "the event log has no gap",
    (small) => changeEvents(small, 1, (events) => events.toSpliced(0, 1)),
  ],
  [
    "an event that is there twice",
    "the event log has no gap",
    (small) => changeEvents(small, 1, ([first, ...rest]) => (first ? [first, first, ...rest] : [])),
  ],
  [
    "a trade of another quantity",
    "events = the commands played again",
    (small) =>
      changeEvents(small, 1, (events) =>
        events.map((event) =>
          event.kind === "Trade" ? { ...event, qtyLots: assertQtyLots(2) } : event,
        ),
      ),
  ],
  [
    "an event of no command",
    "events = the commands played again",
    (small) => ({ ...small, records: small.records.slice(0, 3) }),
  ],
  [
    "a frame with another hash",
    "running hashes = recomputed",
    (small) =>
      changeFrame(small, 2, (one) => ({
        ...one,
        frame: { ...one.frame, hashAtTo: small.snapshot.hash },
      })),
  ],
  [
    "a frame that ends inside a command and says it does not",
    "running hashes = recomputed",
    (small) =>
      changeFrame(small, 3, (one) => ({ ...one, frame: { ...one.frame, complete: false } })),
  ],
  [
    "a snapshot with another order",
    "engine snapshots",
    ({ snapshot, ...small }) => ({
      ...small,
      snapshot: { ...snapshot, book: { ...snapshot.book, orders: [] } },
    }),
  ],
  [
    "a snapshot with another hash",
    "engine snapshots",
    ({ snapshot, ...small }) => ({ ...small, snapshot: { ...snapshot, hash: "00" } }),
  ],
  [
    "a snapshot of a record that is not there",
    "engine snapshots",
    ({ snapshot, ...small }) => ({ ...small, snapshot: { ...snapshot, sequence: 99 } }),
  ],
];

test.each(plants)("%s is found", async (_, check, plant) => {
  const broken = brokenNames(await audit(plant(createSmallMarket())));
  expect(broken.some((name) => name.includes(check))).toBe(true);
});

test("a naive book that decides otherwise is found", () => {
  const { events } = createSmallMarket();
  const chained = events.map((event) => ({
    event,
    text: JSON.stringify(event),
  }));
  for (const naive of [chained.slice(1), chained.slice(0, -1), [...chained, ...chained]]) {
    const checks = new ReplayChecks("BTC-USD");
    checks.compareTwin(chained, naive);
    expect(checks.twin.violations).toBeGreaterThan(0);
  }
});

test("a book that is not what the events add up to is found", () => {
  const small = createSmallMarket();
  const levels = new BookLevels();
  for (const event of small.events) levels.apply(event);
  expect(checkBook("BTC-USD", createBook(), levels).violations).toBeGreaterThan(0);
  expect(checkBook("BTC-USD", createBook(small.snapshot.book), levels).violations).toBeGreaterThan(
    0,
  );
});

test("a book that is crossed is found, but not where orders may gather", () => {
  const { snapshot } = createSmallMarket();
  const orders = snapshot.book.orders.map((order) =>
    order.side === "buy" ? { ...order, priceTicks: assertPriceTicks(101) } : order,
  );
  const crossedIn = (state: MarketState): boolean => {
    const book = createBook({ orders, rules: { state, definitionVersion: 1 } });
    const { told } = checkBook("BTC-USD", book, new BookLevels());
    return told.some(({ what }) => what.includes("crossed"));
  };
  expect(marketStates.filter(crossedIn)).toEqual(["continuous", "post-only"]);
});

test("a snapshot that cannot be read is found by its name, also in logs that disagree", async () => {
  const small = createSmallMarket();
  for (const records of [small.records, small.records.slice(0, 3)]) {
    const checks = await audit({ ...small, records }, ["BTC-USD.1.2"]);
    expect(checks.flatMap(({ told }) => told)).toContainEqual({
      where: "snapshot BTC-USD.1.2",
      what: "it cannot be read",
    });
  }
});
