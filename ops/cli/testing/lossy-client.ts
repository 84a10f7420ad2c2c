/**
 * A WebSocket client that loses messages and connections, and makes up for it as the feed's README says: it keeps the
 * position of each channel, takes an update that starts behind it for a gap, and asks for what came since.
 */

import { z } from "zod";

import { createRandom } from "../../bench/random.ts";

const LOST_SHARE = 0.05;
const DISCONNECTED_SHARE = 0.002;
/** An answer may be lost as well. */
const ASK_AGAIN_MS = 1000;
const LOOK_MS = 100;
const SILENCE_MS = 500;

const channels = ["book", "trades", "orders", "fills"] as const;
type ChannelName = (typeof channels)[number];

const Level = z.tuple([z.string(), z.string()]);
const Message = z.looseObject({
  type: z.string(),
  code: z.string().optional(),
  channel: z.enum(channels).optional(),
  seq: z.string().optional(),
  at: z.string().default(""),
  prevSeq: z.string().optional(),
  bids: z.array(Level).default([]),
  asks: z.array(Level).default([]),
  trades: z.array(z.looseObject({ tradeId: z.string() })).default([]),
  events: z
    .array(
      z.looseObject({
        orderId: z.string(),
        state: z.string(),
        tradeId: z.string().optional(),
        role: z.string().optional(),
        quantity: z.string().optional(),
      }),
    )
    .default([]),
});
type Message = z.infer<typeof Message>;

export interface LossyClientOptions {
  readonly url: string;
  readonly market: string;
  /** One that is good now. */
  readonly readToken: () => Promise<string>;
  readonly seed: number;
  /** Reads the account's history, at least up to this position (`<MARKET>:<n>`): past what the feed keeps, it says only where it is. */
  readonly readHistory: (after: string) => Promise<PrivateHistory>;
}

export interface PrivateHistory {
  /** State by order. */
  readonly orders: ReadonlyMap<string, string>;
  /** `tradeId/role quantity`. */
  readonly fills: ReadonlySet<string>;
}

/** What the client has been told, and what went wrong on the way. */
export interface Heard extends PrivateHistory {
  readonly bids: ReadonlyMap<string, string>;
  readonly asks: ReadonlyMap<string, string>;
  /** In order. */
  readonly tradeIds: readonly string[];
  readonly lost: number;
  readonly gaps: number;
  readonly reconnects: number;
  readonly resnapshots: number;
}

interface Place {
  /** Of the last message that was applied. */
  seq: string | undefined;
  /** When the client asked for what it misses; undefined while it misses nothing. */
  askedMs: number | undefined;
}

export class LossyClient {
  readonly #options: LossyClientOptions;
  readonly #random: () => number;
  readonly #places = new Map<ChannelName, Place>(
    channels.map((name) => [name, { seq: undefined, askedMs: undefined }]),
  );
  readonly #levels = { bids: new Map<string, string>(), asks: new Map<string, string>() };
  readonly #tradeIds = new Set<string>();
  readonly #orders = new Map<string, string>();
  readonly #fills = new Set<string>();
  readonly #counts = { lost: 0, gaps: 0, reconnects: 0, resnapshots: 0 };
  readonly #looking: ReturnType<typeof setInterval>;
  #socket: WebSocket;
  #reading = Promise.resolve();
  #isAuthenticated = false;
  #authAskedMs = 0;
  #isLossy = true;
  #heardMs = 0;

  constructor(options: LossyClientOptions) {
    this.#options = options;
    this.#random = createRandom(options.seed);
    this.#socket = this.#connect();
    this.#looking = setInterval(() => this.#askAgain(), LOOK_MS);
  }

  /** Whether it has the beginning of all channels. */
  get isFollowing(): boolean {
    return [...this.#places.values()].every(({ seq }) => seq !== undefined);
  }

  /** Loses nothing more, comes back once, and waits until there is nothing left to hear. */
  async settle(): Promise<Heard> {
    this.#isLossy = false;
    this.#reconnect();
    // Before it may ask again it misses nothing that it knows of.
    const isMissing = (): boolean =>
      !this.#isAuthenticated ||
      [...this.#places.values()].some(({ askedMs }) => askedMs !== undefined);
    do await Bun.sleep(SILENCE_MS);
    while (isMissing() || performance.now() - this.#heardMs < SILENCE_MS);
    await this.#reading;
    return {
      ...this.#levels,
      tradeIds: [...this.#tradeIds],
      orders: this.#orders,
      fills: this.#fills,
      ...this.#counts,
    };
  }

  close(): void {
    clearInterval(this.#looking);
    this.#socket.close();
  }

  #connect(): WebSocket {
    const socket = new WebSocket(this.#options.url);
    this.#isAuthenticated = false;
    socket.addEventListener("open", () => void this.#authenticate());
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(Message.parse(JSON.parse(String(data))));
    });
    return socket;
  }

  #reconnect(): void {
    this.#counts.reconnects += 1;
    this.#socket.close();
    for (const place of this.#places.values()) place.askedMs = undefined;
    this.#socket = this.#connect();
  }

  async #authenticate(): Promise<void> {
    this.#authAskedMs = performance.now();
    const token = await this.#options.readToken();
    // It may have been lost meanwhile, and another one is not open yet.
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ op: "auth", token }));
  }

  #receive(message: Message): void {
    this.#heardMs = performance.now();
    if (this.#isLossy && this.#random() < LOST_SHARE) {
      this.#counts.lost += 1;
      return;
    }
    if (this.#isLossy && this.#random() < DISCONNECTED_SHARE) {
      this.#reconnect();
      return;
    }
    const { type, code, channel } = message;
    // A long replay outlives a token. Private channels end with it, and go on with the next one.
    if (code === "TOKEN_ENDED") this.#isAuthenticated = false;
    else if (type === "authenticated") {
      this.#isAuthenticated = true;
      for (const name of channels) this.#ask(name);
    } else if (type === "error") throw new Error(JSON.stringify(message));
    else if (channel !== undefined) this.#follow(channel, message);
  }

  #follow(channel: ChannelName, message: Message): void {
    const place = this.#places.get(channel);
    if (place === undefined) return;
    const { type, seq, prevSeq } = message;
    if (type === "subscribed") {
      // What was missed comes behind it, and nothing where nothing was.
      if (place.seq !== undefined) place.askedMs = undefined;
      return;
    }
    if (type === "update") {
      if (place.seq === undefined || compare(seq, place.seq) <= 0) return;
      if (compare(prevSeq, place.seq) > 0) {
        if (place.askedMs !== undefined) return;
        this.#counts.gaps += 1;
        this.#ask(channel);
        return;
      }
    } else if (type === "resnapshot") {
      this.#counts.resnapshots += 1;
      if (channel === "orders" || channel === "fills") this.#readHistory(message.at);
    }
    if (type !== "update" && channel === "book") {
      for (const side of Object.values(this.#levels)) side.clear();
    }
    this.#apply(channel, message);
    place.seq = seq;
    place.askedMs = undefined;
  }

  #apply(channel: ChannelName, { bids, asks, trades, events }: Message): void {
    setLevels(this.#levels.bids, bids);
    setLevels(this.#levels.asks, asks);
    for (const { tradeId } of trades) this.#tradeIds.add(tradeId);
    for (const { orderId, state, tradeId, role, quantity } of events) {
      // The two channels need not be at the same place.
      if (channel === "orders") this.#orders.set(orderId, state);
      else this.#fills.add(`${tradeId}/${role} ${quantity}`);
    }
  }

  /** What is told while it is read is newer. */
  #readHistory(after: string): void {
    const before = new Map(this.#orders);
    const reading = this.#reading;
    const read = async (): Promise<void> => {
      await reading;
      const { orders, fills } = await this.#options.readHistory(after);
      for (const [id, state] of orders) {
        if (this.#orders.get(id) === before.get(id)) this.#orders.set(id, state);
      }
      for (const fill of fills) this.#fills.add(fill);
    };
    this.#reading = read();
  }

  #ask(channel: ChannelName): void {
    const place = this.#places.get(channel);
    const isReady = this.#isAuthenticated && this.#socket.readyState === WebSocket.OPEN;
    if (place === undefined || !isReady) return;
    const { market } = this.#options;
    place.askedMs = performance.now();
    const question =
      place.seq === undefined
        ? { op: "subscribe", channel, market }
        : { op: "resume", since: { [`${channel}:${market}`]: place.seq } };
    this.#socket.send(JSON.stringify(question));
  }

  #askAgain(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const lateMs = performance.now() - ASK_AGAIN_MS;
    if (!this.#isAuthenticated && this.#authAskedMs < lateMs) void this.#authenticate();
    for (const [name, { askedMs }] of this.#places) {
      if (askedMs !== undefined && askedMs < lateMs) this.#ask(name);
    }
  }
}

function setLevels(side: Map<string, string>, levels: Message["bids"]): void {
  for (const [price, quantity] of levels) {
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
  }
}

/** Of two positions: the commands, then the events. */
function compare(left = "", right = ""): number {
  const [one = 0, oneEvent = 0] = left.split("-").map(Number);
  const [other = 0, otherEvent = 0] = right.split("-").map(Number);
  return one - other || oneEvent - otherEvent;
}
