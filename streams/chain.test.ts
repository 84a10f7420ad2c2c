/** The running hash: what it covers, and that it does not matter when or how often one asks for it. */

import { expect, test } from "bun:test";

import { SHA256 } from "bun";

import { ChainLink, formatHash, genesisHash } from "./chain.ts";

const genesis = genesisHash("BTC-USD", 1);
const record = new TextEncoder().encode('{"v":1,"epoch":1,"commands":[{"kind":"Tick"}]}');
const LONG_EVENTS = 2000;

function linkOf(...events: readonly (readonly number[])[]): ChainLink {
  const link = new ChainLink(0);
  link.start(genesis, 1000, record);
  for (const numbers of events) {
    for (const number of numbers) link.write(number);
    link.endEvent();
  }
  return link;
}

function hashOf(link: ChainLink): string {
  return formatHash(link.hashAt(link.events - 1));
}

test("a link's hash is SHA-256 of the hash before, the time, the record and the numbers", () => {
  const padded = new Uint8Array(Math.ceil(record.length / 8) * 8);
  padded.set(record);
  const hasher = new SHA256()
    .update(genesis)
    .update(new Float64Array([1000]))
    .update(padded);
  const expected = hasher.update(new Float64Array([7, 0.5, 9])).digest("hex");
  const link = linkOf([7, 0.5], [9]);
  expect(hashOf(link)).toBe(expected);
  expect(formatHash(link.hashAt(0))).toBe(hashOf(linkOf([7, 0.5])));
});

test("any part that is another gives another hash", () => {
  const others = [
    linkOf([7, 0.5], [8]),
    linkOf([7, 0.5, 9, 0]),
    ...[
      { previous: genesisHash("BTC-USD", 2) },
      { timeMs: 1001 },
      { bytes: record.subarray(0, -1) },
    ].map(({ previous = genesis, timeMs = 1000, bytes = record }) => {
      const link = new ChainLink(0);
      link.start(previous, timeMs, bytes);
      for (const number of [7, 0.5, 9]) link.write(number);
      link.endEvent();
      return link;
    }),
  ];
  const hashes = [linkOf([7, 0.5], [9]), ...others].map((link) => hashOf(link));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test("there is one zero", () => {
  expect(hashOf(linkOf([-0]))).toBe(hashOf(linkOf([0])));
});

test("a link that is used again has nothing of what it held", () => {
  const link = linkOf(...Array.from({ length: LONG_EVENTS }, () => [NaN, 5, 6, 7, 8]));
  hashOf(link);
  link.start(genesis, 1000, record);
  link.write(7);
  link.endEvent();
  expect(link.events).toBe(1);
  expect(hashOf(link)).toBe(hashOf(linkOf([7])));
  expect(() => link.hashAt(1)).toThrow("has the event");
});

test("the hashes of a long link are the same in any order", () => {
  const events = Array.from({ length: LONG_EVENTS }, (_, place) => [place, 5, 6, 7, 8]);
  const places = [1700, 1900, 1900, 1800, 3, 1999, 1700];
  const link = linkOf(...events);
  const alone = places.map((place) => hashOf(linkOf(...events.slice(0, place + 1))));
  expect(places.map((place) => formatHash(link.hashAt(place)))).toEqual(alone);
});
