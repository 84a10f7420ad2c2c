import { expect, test } from "bun:test";

import type { Command } from "@exchange/streams/contract";
import type { EpochAppender } from "@exchange/streams/runtime";
import { AppenderClosed } from "@exchange/streams/runtime";

import { createMarketWriter } from "./market-writer.ts";

const tick: Command = { kind: "Tick" };

/** A log that takes this many commands before it is sealed. */
function epochLog(first: number, room = Number.POSITIVE_INFINITY): EpochAppender {
  let taken = 0;
  return {
    append() {
      if (taken >= room) return Promise.resolve({ kind: "over" });
      taken += 1;
      return Promise.resolve({ kind: "stored", position: first + taken });
    },
    depth: 0,
    close: () => Promise.resolve(),
  };
}

test("what a sealed log did not take is written once into the next epoch's", async () => {
  const writer = createMarketWriter(epochLog(0, 2));
  const appended = [1, 2, 3, 4].map(async () => await writer.append(tick));
  expect(await Promise.all(appended.slice(0, 2))).toMatchObject([{ position: 1 }, { position: 2 }]);
  // This one is sealed as well before anything gets there.
  writer.moveTo(epochLog(100, 0));
  await Bun.sleep(0);
  writer.moveTo(epochLog(200));
  expect(await Promise.all(appended.slice(2))).toMatchObject([
    { position: 201 },
    { position: 202 },
  ]);
  expect(await writer.append(tick)).toMatchObject({ position: 203 });
});

test("who waits for the next epoch when the writer is closed learns that nothing was written", async () => {
  const writer = createMarketWriter(epochLog(0, 0));
  const waiting = writer.append(tick);
  await Bun.sleep(0);
  await writer.close();
  await expect(waiting).rejects.toThrow(AppenderClosed);
});
