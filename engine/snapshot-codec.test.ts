import { expect, test } from "bun:test";

import { createBook } from "./core/index.ts";
import { Replica } from "./replica.ts";
import type { StoredSnapshot } from "./snapshot-codec.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";
import { createCommandFlow } from "./testing/order-flow.ts";

function someSnapshot(): StoredSnapshot {
  const replica = new Replica({ market: "BTC-USD", epoch: 1, createBook });
  const next = createCommandFlow(9);
  for (let sequence = 1; sequence <= 200; sequence += 1) {
    const record = { v: 1 as const, epoch: 1, commands: [next()] };
    replica.apply({ sequence, timeMs: sequence, record }, () => undefined);
  }
  return { v: 2, anchorSequence: 7, replica: replica.snapshot() };
}

test("a snapshot comes back as it was, fields that only some orders have included", () => {
  const snapshot = someSnapshot();
  const { book } = snapshot.replica;
  const orders = book.orders.map((order, place) =>
    place % 3 === 0 ? { ...order, postOnly: true as const, expireTimeMs: place } : order,
  );
  expect(orders.length).toBeGreaterThan(10);
  const rich = { ...snapshot, replica: { ...snapshot.replica, book: { ...book, orders } } };
  for (const one of [snapshot, rich]) {
    expect(decodeSnapshot(encodeSnapshot(one))).toEqual(one);
  }
});

test("a snapshot that lost its end is none, nor is one of another version", () => {
  const bytes = encodeSnapshot(someSnapshot());
  expect(() => decodeSnapshot(bytes.slice(0, -100))).toThrow();
  expect(() => decodeSnapshot(new TextEncoder().encode('{"v":1}'))).toThrow();
});
