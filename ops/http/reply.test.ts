import { expect, test } from "bun:test";

import fc from "fast-check";

import { readHeader, ReplyReader } from "./reply.ts";

const stream = Buffer.from(
  'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":"é"}' +
    "HTTP/1.1 204 No Content\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\ncontent-length: 2\r\n\r\nno",
);
// The é takes two bytes, so the declared length is one more than the characters.
const fixed = Buffer.from(
  stream.toString("utf8").replace("Content-Length: 9", "Content-Length: 10"),
);

test("replies are the same however the bytes were cut on the way", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: fixed.length }), { maxLength: 12 }), (cuts) => {
      const reader = new ReplyReader();
      const edges = [0, ...cuts.toSorted((a, b) => a - b), fixed.length];
      const replies = edges
        .slice(1)
        .flatMap((end, index) => reader.read(fixed.subarray(edges[index] ?? 0, end)));
      expect(replies.map(({ status, body }) => [status, body])).toEqual([
        [201, '{"a":"é"}'],
        [204, ""],
        [200, "abcde"],
        [503, "no"],
      ]);
    }),
  );
});

test("a header is found whatever its case", () => {
  const [, , , last] = new ReplyReader().read(fixed);
  expect(last && readHeader(last, "retry-after")).toBe("1");
  expect(last && readHeader(last, "location")).toBeUndefined();
});

test("what is not HTTP stops the connection instead of being guessed at", () => {
  expect(() => new ReplyReader().read(Buffer.from("hello\r\n\r\n"))).toThrow("not an HTTP reply");
});
