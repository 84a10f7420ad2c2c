import { expect, test } from "bun:test";

import { createSmallMarket, market } from "../testing/small-market.ts";
import { readSnapshots } from "./snapshots.ts";

const kept = { v: 2, anchorSequence: 2, replica: createSmallMarket().snapshot } as const;
const older = { name: "BTC-USD.1.0", command: 2 };
const newer = { name: "BTC-USD.1.0", command: 9 };

/** All of its snapshots say at which command they were taken. */
const allSay = { listUnreadable: async () => [] };

test("snapshots that can be read are given back", async () => {
  const read = await readSnapshots(
    { ...allSay, list: async () => [older], read: async () => kept },
    market,
  );
  expect(read).toEqual({ readable: [kept.replica], unreadable: [] });
});

test("a snapshot that cannot be read is named", async () => {
  const read = await readSnapshots(
    { ...allSay, list: async () => [older], read: async () => undefined },
    market,
  );
  expect(read).toEqual({ readable: [], unreadable: ["BTC-USD.1.0"] });
});

test("a snapshot that does not say at which command it was taken is named", async () => {
  const read = await readSnapshots(
    {
      list: async () => [older],
      listUnreadable: async () => ["BTC-USD.1.2"],
      read: async () => kept,
    },
    market,
  );
  expect(read).toEqual({ readable: [kept.replica], unreadable: ["BTC-USD.1.2"] });
});

test("a snapshot that a newer one replaced while it was read is none that cannot be read", async () => {
  const lists = [[older], [newer]];
  const read = await readSnapshots(
    { ...allSay, list: async () => lists.shift() ?? [], read: async () => undefined },
    market,
  );
  expect(read).toEqual({ readable: [], unreadable: [] });
});

test("a server that goes away while a snapshot is read is an error", async () => {
  const lists = [[older]];
  const list = async () => {
    const found = lists.shift();
    if (found === undefined) throw new Error("CONNECTION_CLOSED");
    return await Promise.resolve(found);
  };
  const reading = readSnapshots({ ...allSay, list, read: async () => undefined }, market);
  await expect(reading).rejects.toThrow("CONNECTION_CLOSED");
});
