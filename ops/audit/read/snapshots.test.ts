import { expect, test } from "bun:test";

import { createSmallMarket, market } from "../testing/small-market.ts";
import { readSnapshots } from "./snapshots.ts";

const kept = { v: 2, anchorSequence: 2, replica: createSmallMarket().snapshot } as const;
const older = { name: "BTC-USD.1.0", command: 2 };
const newer = { name: "BTC-USD.1.0", command: 9 };

const unreadable = {
  list: async () => [older],
  listUnreadable: async () => [],
  read: async () => undefined,
};

test("snapshots that can be read are given back", async () => {
  const read = await readSnapshots({ ...unreadable, read: async () => kept }, market);
  expect(read).toEqual({ readable: [kept.replica], unreadable: [] });
});

test("a snapshot that cannot be read is named", async () => {
  expect(await readSnapshots(unreadable, market)).toEqual({
    readable: [],
    unreadable: ["BTC-USD.1.0"],
  });
});

test("a snapshot that does not say at which command it was taken is named", async () => {
  const store = { ...unreadable, listUnreadable: async () => ["BTC-USD.1.2"] };
  const read = await readSnapshots({ ...store, read: async () => kept }, market);
  expect(read).toEqual({ readable: [kept.replica], unreadable: ["BTC-USD.1.2"] });
});

test("a snapshot that a newer one replaced while it was read is none that cannot be read", async () => {
  const lists = [[older], [newer]];
  const store = { ...unreadable, list: async () => lists.shift() ?? [] };
  expect(await readSnapshots(store, market)).toEqual({ readable: [], unreadable: [] });
});

test("what each later epoch began with is given back, or named where it is missing", async () => {
  const store = {
    ...unreadable,
    list: async () => [],
  };
  const checkpoints = [
    { epoch: 2, checkpoint: kept },
    { epoch: 3, checkpoint: undefined },
  ];
  expect(await readSnapshots(store, { ...market, epoch: 3 }, checkpoints)).toEqual({
    readable: [kept.replica],
    unreadable: ["that epoch 3 begins with"],
  });
});

test("a server that goes away while a snapshot is read is an error", async () => {
  const lists = [[older]];
  const list = async () => {
    const found = lists.shift();
    if (found === undefined) throw new Error("CONNECTION_CLOSED");
    return await Promise.resolve(found);
  };
  const reading = readSnapshots({ ...unreadable, list }, market);
  await expect(reading).rejects.toThrow("CONNECTION_CLOSED");
});
