/** A client of the feed that keeps a book and trades by the rules that the feed's README gives. */

import { z } from "zod";

const Level = z.tuple([z.string(), z.string()]);
const Message = z.looseObject({
  type: z.string(),
  exchange: z.string().optional(),
  channel: z.string().optional(),
  seq: z.string().optional(),
  prevSeq: z.string().optional(),
  bids: z.array(Level).default([]),
  asks: z.array(Level).default([]),
  trades: z.array(z.looseObject({ tradeId: z.string() })).default([]),
});
type Message = z.infer<typeof Message>;

export interface FeedBook {
  /** Price and quantity of each level that is there, sorted. */
  levels(): readonly string[];
  readonly tradeIds: ReadonlySet<string>;
  /** What it was told of the exchange, in turn. */
  readonly statuses: readonly string[];
  /** Updates that began after what it had. */
  readonly gaps: number;
  readonly isFollowing: boolean;
  close(): void;
}

export function followBook(url: string, market: string): FeedBook {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`);
  const levels = new Map<string, string>();
  const places = new Map<string, string>();
  const tradeIds = new Set<string>();
  const statuses: string[] = [];
  let gaps = 0;

  function follow(channel: string, { type, seq = "", prevSeq, ...message }: Message): void {
    const place = places.get(channel);
    if (type === "update") {
      if (place === undefined || compare(seq, place) <= 0) return;
      if (compare(prevSeq, place) > 0) gaps += 1;
    } else if (channel === "book") levels.clear();
    places.set(channel, seq);
    for (const { tradeId } of message.trades) tradeIds.add(tradeId);
    for (const side of ["bids", "asks"] as const) {
      for (const [price, quantity] of message[side]) {
        if (Number(quantity) === 0) levels.delete(`${side} ${price}`);
        else levels.set(`${side} ${price}`, quantity);
      }
    }
  }

  socket.addEventListener("open", () => {
    for (const channel of ["book", "trades"]) {
      socket.send(JSON.stringify({ op: "subscribe", channel, market }));
    }
  });
  socket.addEventListener("message", ({ data }) => {
    const message = Message.parse(JSON.parse(String(data)));
    if (message.exchange !== undefined) statuses.push(message.exchange);
    if (message.channel !== undefined && message.seq !== undefined) {
      follow(message.channel, message);
    }
  });
  return {
    levels: () => [...levels].map((level) => level.join(" ")).toSorted(),
    tradeIds,
    statuses,
    get gaps() {
      return gaps;
    },
    get isFollowing() {
      return places.size === 2;
    },
    close: () => socket.close(),
  };
}

/** Of two positions: the commands, then the events. */
function compare(left = "", right = ""): number {
  const [one = 0, oneEvent = 0] = left.split("-").map(Number);
  const [other = 0, otherEvent = 0] = right.split("-").map(Number);
  return one - other || oneEvent - otherEvent;
}
