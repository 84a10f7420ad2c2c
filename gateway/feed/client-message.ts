/** What a client may say. */

import type { Position } from "@exchange/streams/contract";
import { MARKET_ID_PATTERN } from "@exchange/streams/contract";
import { z } from "zod";

import { Interval } from "../schemas/market.ts";
import type { Since } from "./channel.ts";
import {
  DISCONNECT_TIMEOUT_MS_MAX,
  DISCONNECT_TIMEOUT_MS_MIN,
  SUBSCRIPTIONS_MAX,
} from "./limits.ts";

/** Echoed in the answer, so that a client can tell answers apart. */
const id = z.union([z.string().max(64), z.int()]).optional();
const market = z.string().regex(MARKET_ID_PATTERN);

export const Subscription = z.discriminatedUnion("channel", [
  z.strictObject({ channel: z.literal("book"), market }),
  z.strictObject({ channel: z.literal("bbo"), market }),
  z.strictObject({ channel: z.literal("trades"), market }),
  z.strictObject({ channel: z.literal("ticker"), market }),
  z.strictObject({ channel: z.literal("candles"), market, interval: Interval }),
  z.strictObject({ channel: z.literal("orders"), market }),
  z.strictObject({ channel: z.literal("fills"), market }),
  z.strictObject({ channel: z.literal("balances") }),
]);

/** All there are. */
export const channelNames = Subscription.options.map(({ shape }) => shape.channel.value);

export type Subscription = Readonly<z.infer<typeof Subscription>>;
export type PublicSubscription = Exclude<Subscription, { channel: PrivateChannel }>;

const privateChannels = ["orders", "fills", "balances"] as const;
type PrivateChannel = (typeof privateChannels)[number];

/** A position as messages of a market carry it. */
const Seq = z
  .string()
  .regex(/^\d{1,16}-\d{1,9}$/)
  .transform((text): Position => {
    const [command = 0, index = 0] = text.split("-").map(Number);
    return { command, index };
  });

/** By asset, as messages of `balances` carry them. */
const BalanceVersions = z
  .record(z.string(), z.int().nonnegative())
  .transform((versions): ReadonlyMap<string, number> => new Map(Object.entries(versions)));

const Envelope = z.discriminatedUnion("op", [
  z.looseObject({ op: z.literal("subscribe"), id }),
  z.looseObject({ op: z.literal("unsubscribe"), id }),
  z.strictObject({
    op: z.literal("auth"),
    id,
    token: z.string().min(1),
    // One of the user's; the main one when absent.
    account: z.int().positive().optional(),
  }),
  z.strictObject({
    op: z.literal("resume"),
    id,
    since: z
      .record(z.string(), z.union([Seq, BalanceVersions]))
      .refine((since) => Object.keys(since).length <= SUBSCRIPTIONS_MAX, "too many subscriptions"),
  }),
  z.strictObject({ op: z.literal("list"), id }),
  z.strictObject({ op: z.literal("ping"), id }),
  z.strictObject({
    op: z.literal("cancelOnDisconnect"),
    id,
    sessionId: z.int().positive(),
    timeoutMs: z.union([
      z.literal(0),
      z.int().min(DISCONNECT_TIMEOUT_MS_MIN).max(DISCONNECT_TIMEOUT_MS_MAX),
    ]),
  }),
]);

/** Each message as its name and its schema, for the document. */
export const clientMessages: readonly (readonly [name: string, schema: z.ZodType])[] =
  Envelope.options.map((envelope) => {
    const [op = ""] = envelope.shape.op.values;
    if (op !== "subscribe" && op !== "unsubscribe") return [op, envelope];
    const whole = Subscription.options.map((one) => one.extend({ op: z.literal(op), id }));
    return [op, z.union(whole)];
  });

export type MessageId = z.infer<typeof id>;

export type ClientMessage =
  | {
      readonly op: "subscribe" | "unsubscribe";
      readonly id: MessageId;
      readonly subscription: Subscription;
    }
  | { readonly op: "resume"; readonly id: MessageId; readonly resumed: readonly Resumed[] }
  | Authentication
  | { readonly op: "list" | "ping"; readonly id: MessageId }
  | CancelOnDisconnect;

export interface Authentication {
  readonly op: "auth";
  readonly id: MessageId;
  readonly token: string;
  /** The account that the connection speaks for; the main one when undefined. */
  readonly account: number | undefined;
}

export interface Resumed {
  readonly subscription: Subscription;
  readonly since: Since;
}

export interface CancelOnDisconnect {
  readonly op: "cancelOnDisconnect";
  readonly id: MessageId;
  readonly sessionId: number;
  /** 0: no longer. */
  readonly timeoutMs: number;
}

/** A text when the message is not one: what is wrong with it. */
export function parseClientMessage(text: string): ClientMessage | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) return z.prettifyError(envelope.error);
  const message = envelope.data;
  if (message.op === "auth") {
    const { token, account } = message;
    return { op: "auth", id: message.id, token, account };
  }
  if (message.op === "list" || message.op === "ping") return { op: message.op, id: message.id };
  if (message.op === "resume") return parseResume(message.id, message.since);
  if (message.op === "cancelOnDisconnect") return { ...message, id: message.id };
  const { op, id: messageId, ...rest } = message;
  const subscription = Subscription.safeParse(rest);
  if (!subscription.success) return z.prettifyError(subscription.error);
  return { op, id: messageId, subscription: subscription.data };
}

function parseResume(
  messageId: MessageId,
  wanted: Readonly<Record<string, Since>>,
): ClientMessage | string {
  const resumed: Resumed[] = [];
  for (const [key, since] of Object.entries(wanted)) {
    const [channel, marketId, interval] = key.split(":");
    const subscription = Subscription.safeParse({
      channel,
      ...(marketId !== undefined && { market: marketId }),
      ...(interval !== undefined && { interval }),
    });
    const isWhole = subscription.success && subscriptionKey(subscription.data) === key;
    if (!isWhole) return `${key} names no subscription`;
    if ((channel === "balances") !== since instanceof Map) return `${key} has no such position`;
    resumed.push({ subscription: subscription.data, since });
  }
  return { op: "resume", id: messageId, resumed };
}

/** Names a subscription among those of its connection, and its channel among those of the process. */
export function subscriptionKey(subscription: Subscription): string {
  if (subscription.channel === "balances") return "balances";
  const key = `${subscription.channel}:${subscription.market}`;
  return subscription.channel === "candles" ? `${key}:${subscription.interval}` : key;
}

/** Whether it needs a token. */
export function isPrivate({ channel }: Subscription): boolean {
  return privateChannels.some((name) => name === channel);
}
