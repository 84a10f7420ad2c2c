import { expect, test } from "bun:test";

import fc from "fast-check";

import { parseClientMessage } from "./client-message.ts";

test.each([
  [
    { op: "subscribe", channel: "book", market: "BTC-USD" },
    { op: "subscribe", subscription: { channel: "book", market: "BTC-USD" } },
  ],
  [
    { op: "unsubscribe", channel: "candles", market: "BTC-USD", interval: "1m", id: "a" },
    {
      op: "unsubscribe",
      id: "a",
      subscription: { channel: "candles", market: "BTC-USD", interval: "1m" },
    },
  ],
  [
    { op: "subscribe", channel: "balances", id: 3 },
    { op: "subscribe", id: 3, subscription: { channel: "balances" } },
  ],
  [
    { op: "auth", token: "t" },
    { op: "auth", token: "t" },
  ],
  [{ op: "ping" }, { op: "ping" }],
  [
    { op: "resume", id: 4, since: { "candles:BTC-USD:1m": "6144-2", balances: { USD: 17 } } },
    {
      op: "resume",
      id: 4,
      resumed: [
        {
          subscription: { channel: "candles", market: "BTC-USD", interval: "1m" },
          since: { command: 6144, index: 2 },
        },
        { subscription: { channel: "balances" }, since: new Map([["USD", 17]]) },
      ],
    },
  ],
  [
    { op: "list", id: 2 },
    { op: "list", id: 2 },
  ],
  [
    { op: "cancelOnDisconnect", sessionId: 7, timeoutMs: 0, id: 1 },
    { op: "cancelOnDisconnect", sessionId: 7, timeoutMs: 0, id: 1 },
  ],
])("%j is understood", (message, expected) => {
  expect<object | string>(parseClientMessage(JSON.stringify(message))).toEqual(expected);
});

test.each([
  "",
  "null",
  "[]",
  '"ping"',
  '{"op":"shout"}',
  '{"op":"cancelOnDisconnect","sessionId":7}',
  '{"op":"cancelOnDisconnect","sessionId":0,"timeoutMs":5000}',
  '{"op":"cancelOnDisconnect","sessionId":"7","timeoutMs":5000}',
  '{"op":"cancelOnDisconnect","sessionId":7,"timeoutMs":999}',
  '{"op":"cancelOnDisconnect","sessionId":7,"timeoutMs":60001}',
  '{"op":"ping","extra":1}',
  '{"op":"resume"}',
  '{"op":"resume","since":{"book":"1-1"}}',
  '{"op":"resume","since":{"book:BTC-USD:1m":"1-1"}}',
  '{"op":"resume","since":{"book:BTC-USD:1m:":"1-1"}}',
  '{"op":"resume","since":{"book:BTC-USD":"1"}}',
  '{"op":"resume","since":{"book:BTC-USD":"-1-1"}}',
  '{"op":"resume","since":{"book:BTC-USD":{"USD":1}}}',
  '{"op":"resume","since":{"balances":"1-1"}}',
  '{"op":"resume","since":{"balances":{"USD":-1}}}',
  '{"op":"auth"}',
  '{"op":"auth","token":7}',
  '{"op":"subscribe"}',
  '{"op":"subscribe","channel":"book"}',
  '{"op":"subscribe","channel":"book","market":"btc-usd"}',
  '{"op":"subscribe","channel":"book","market":"BTC-USD","interval":"1m"}',
  '{"op":"subscribe","channel":"book","market":"*"}',
  '{"op":"subscribe","channel":"candles","market":"BTC-USD"}',
  '{"op":"subscribe","channel":"candles","market":"BTC-USD","interval":"2m"}',
  '{"op":"subscribe","channel":"balances","market":"BTC-USD"}',
  '{"op":"subscribe","channel":"book","market":"BTC-USD","id":{}}',
])("%s is refused with what is wrong", (text) => {
  expect(parseClientMessage(text)).toBeString();
});

test("no text makes it throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseClientMessage(text);
    }),
  );
});
