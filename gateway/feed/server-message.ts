/** What the feed says, as its document has it. Tests hold every message against it. */

import { z } from "zod";

import { AssetName, Decimal, TimeMs } from "../schemas/common.ts";
import { BookView, CandleView, Interval, TickerView, TradeView } from "../schemas/market.ts";
import { Subscription } from "./client-message.ts";
import { feedErrorCodes } from "./error-codes.ts";

const Whole = z.enum(["snapshot", "resnapshot"]);
const Seq = z.string().regex(/^\d+-\d+$/);

const { market, at, index } = BookView.shape;
const head = { market, seq: Seq, at, index };
const id = z.union([z.string(), z.int()]).optional();

/** A channel's two kinds of messages: all of it, and a change. */
function channelMessages<Name extends string, Fields extends z.ZodRawShape>(
  channel: Name,
  fields: Fields,
) {
  const name = z.literal(channel);
  return {
    whole: z.strictObject({ type: Whole, channel: name, ...head, ...fields }),
    update: z.strictObject({
      type: z.literal("update"),
      channel: name,
      ...head,
      prevSeq: Seq,
      ...fields,
    }),
  };
}

const Level = z.tuple([Decimal, Decimal]);

const OrderEvent = z.looseObject({
  kind: z.enum([
    "accepted",
    "rejected",
    "rested",
    "updated",
    "triggered",
    "fill",
    "cancelled",
    "reversed",
  ]),
  orderId: z.string(),
  state: z.enum(["OPEN", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"]).optional(),
  at,
  index,
  timeMs: TimeMs,
});

const Balance = z.strictObject({
  asset: AssetName,
  available: Decimal,
  held: Decimal,
  version: z.int(),
});

const publicChannels = {
  book: channelMessages("book", {
    bids: BookView.shape.bids,
    asks: BookView.shape.asks,
    checksum: z.int(),
  }),
  bbo: channelMessages("bbo", { bid: Level.optional(), ask: Level.optional() }),
  trades: channelMessages("trades", { trades: z.array(TradeView) }),
  ticker: channelMessages("ticker", TickerView.omit({ staleAgeMs: true }).shape),
  candles: channelMessages("candles", { interval: Interval, candles: z.array(CandleView) }),
};

function privateMessages<Name extends string>(channel: Name) {
  const { update } = channelMessages(channel, { events: z.array(OrderEvent) });
  return { whole: channelMessages(channel, {}).whole, update };
}

const balances = { channel: z.literal("balances"), balances: z.array(Balance) };
const privateChannels = {
  orders: privateMessages("orders"),
  fills: privateMessages("fills"),
  balances: {
    whole: z.strictObject({ type: Whole, ...balances }),
    update: z.strictObject({ type: z.literal("update"), ...balances }),
  },
};

const answers = {
  subscribed: z.union(
    Subscription.options.map((one) => one.extend({ type: z.literal("subscribed"), id })),
  ),
  unsubscribed: z.union(
    Subscription.options.map((one) =>
      one.extend({
        type: z.literal("unsubscribed"),
        id,
        code: z.literal("TOKEN_ENDED").optional(),
      }),
    ),
  ),
  subscriptions: z.strictObject({
    type: z.literal("subscriptions"),
    id,
    subscriptions: z.array(Subscription),
  }),
  authenticated: z.strictObject({
    type: z.literal("authenticated"),
    id,
    accountId: z.int(),
    expiresMs: TimeMs,
  }),
  pong: z.strictObject({ type: z.literal("pong"), id }),
  cancelOnDisconnect: z.strictObject({
    type: z.literal("cancelOnDisconnect"),
    id,
    sessionId: z.int(),
    timeoutMs: z.int(),
  }),
  status: z.union([
    z.strictObject({
      type: z.literal("status"),
      exchange: z.literal("unreachable"),
      silentMs: z.int().min(0),
    }),
    z.strictObject({ type: z.literal("status"), exchange: z.literal("reachable") }),
  ]),
  error: z.strictObject({
    type: z.literal("error"),
    id,
    code: z.enum(feedErrorCodes),
    detail: z.string().optional(),
  }),
};

/** Each message as its name and its schema. */
export const serverMessages: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ...Object.entries({ ...publicChannels, ...privateChannels }).flatMap(
    ([channel, { whole, update }]): [string, z.ZodType][] => [
      [`${channel}Snapshot`, whole],
      [`${channel}Update`, update],
    ],
  ),
  ...Object.entries(answers),
];
