import { expect, test } from "bun:test";

import { cancelDeadlineMs } from "./cancel-deadline.ts";
import { InFlight } from "./desk.ts";
import { isRoomLeft } from "./log-room.ts";

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
