import { expect, test } from "bun:test";

import { cancelDeadlineMs } from "./cancel-deadline.ts";
import { InFlight } from "./desk.ts";
import { isRoomLeft } from "./log-room.ts";
import { pendingOrder } from "./order-record.ts";
import { createRecentOrders } from "./recent-orders.ts";
import { limitTerms, testMarket } from "./testing/events.ts";

test("a cancel's deadline is thirty seconds past the later of both clocks", () => {
  expect(cancelDeadlineMs({ verdicts: { lastTimeMs: 5 } }, 100)).toBe(30_100);
  expect(cancelDeadlineMs({ verdicts: { lastTimeMs: 500 } }, 100)).toBe(30_500);
});

test("placing stops at nine tenths of the log", () => {
  const log = { bytesMax: 1000, sealedLooks: 0 };
  expect(isRoomLeft({ ...log, bytes: 899 })).toBe(true);
  expect(isRoomLeft({ ...log, bytes: 900 })).toBe(false);
});

test("orders wait for the next log, and not for one that does not come", () => {
  const log = { bytes: 0, bytesMax: 1000 };
  expect([0, 1, 2, 3].map((sealedLooks) => isRoomLeft({ ...log, sealedLooks }))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("work past the limit is turned away before it begins, and failed work makes room", async () => {
  const inFlight = new InFlight(1);
  const held = Promise.withResolvers<string>();
  const first = inFlight.admit(() => held.promise);
  let begun = false;
  const second = inFlight.admit(() => {
    begun = true;
    return Promise.resolve("second");
  });
  expect(second).toBeUndefined();
  expect(begun).toBe(false);
  held.reject(new Error("failed"));
  await expect(first).rejects.toThrow("failed");
  expect(inFlight.count).toBe(0);
});

test("recent orders are found by both ids, by their owner only, until newer ones push them out or they change", () => {
  const recent = createRecentOrders(2);
  const put = (orderId: number, accountId: number, command = orderId): void =>
    recent.put(
      pendingOrder(testMarket, {
        orderId,
        accountId,
        clientOrderId: `c${orderId}`,
        terms: limitTerms(),
      }),
      command,
    );
  const market = testMarket.market;
  put(1, 7);
  put(2, 8);
  expect(recent.find(7, { market, orderId: 1 })?.clientOrderId).toBe("c1");
  expect(recent.find(7, { market, clientOrderId: "c1" })?.orderId).toBe(1);
  expect(recent.find(7, { market, orderId: 2 })).toBeUndefined();
  expect(recent.find(7, { market, clientOrderId: "c2" })).toBeUndefined();
  put(3, 7);
  expect(recent.find(7, { market, orderId: 1 })).toBeUndefined();
  expect(recent.find(7, { market, clientOrderId: "c1" })).toBeUndefined();
  recent.noteChange({ orderId: 3, command: 5, timeMs: 50 });
  expect(recent.find(7, { market, orderId: 3 })).toBeUndefined();
  expect(recent.find(7, { market, clientOrderId: "c3" })).toBeUndefined();
  expect(recent.find(8, { market, orderId: 2 })).toBeDefined();
  // What is told late of an earlier command is not how the order is now.
  put(3, 7, 4);
  expect(recent.find(7, { market, orderId: 3 })).toBeUndefined();
  put(3, 7, 5);
  expect(recent.find(7, { market, orderId: 3 })).toBeDefined();
});

test("an order that was found is as it was found, unless a change of it was heard since", () => {
  const recent = createRecentOrders();
  const placement = { accountId: 7, clientOrderId: "c1", terms: limitTerms() };
  const found = { ...pendingOrder(testMarket, { ...placement, orderId: 1 }), updatedMs: 50 };
  expect(recent.latest(found)).toBe(found);
  recent.noteChange({ orderId: 1, command: 5, timeMs: 49 });
  expect(recent.latest(found)).toBe(found);
  recent.noteChange({ orderId: 1, command: 6, timeMs: 50 });
  expect(recent.latest(found)).toBeUndefined();
  const filled = { ...found, filledLots: 1 };
  recent.put(filled, 6);
  expect(recent.latest(found)).toBe(filled);
});
