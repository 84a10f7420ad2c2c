/** One market-making bot: an account that quotes both sides of a market and takes old quotes back. */

import { z } from "zod";

import { depositFunds } from "../http/deposit.ts";
import { describe, readCode } from "../http/persistent.ts";
import type { Session } from "../http/session.ts";
import { decideQuotes, type Quote, type QuoteTerms } from "./quote.ts";

export interface MarketMakerTerms extends QuoteTerms {
  readonly market: string;
  readonly base: string;
  readonly quote: string;
}

const openOrdersMax = 24;
const levelsAtStart = 8;

const Placed = z.object({ order: z.object({ id: z.string().optional(), state: z.string() }) });
const Ticker = z.object({ last: z.string().optional() });

export class MarketMaker {
  readonly #session: Session;
  readonly #terms: MarketMakerTerms;
  /** Ids of orders that rest, oldest first. */
  readonly #open: string[] = [];

  constructor(session: Session, terms: MarketMakerTerms) {
    this.#session = session;
    this.#terms = terms;
  }

  /** Forgets what an earlier life left in the book, and fills it with a first ladder. */
  async start(): Promise<void> {
    await this.#fund();
    await this.#send("DELETE", `/v1/orders?market=${this.#terms.market}`);
    for (let level = 0; level < levelsAtStart; level += 1) await this.#quote(level);
  }

  async turn(): Promise<void> {
    await this.#quote(Math.floor(Math.random() * 3));
    while (this.#open.length > openOrdersMax) {
      const id = this.#open.shift();
      if (id !== undefined) await this.#send("DELETE", `/v1/orders/${id}`);
    }
  }

  async #quote(level: number): Promise<void> {
    const dice = [Math.random(), Math.random(), Math.random()] as const;
    for (const quote of decideQuotes(this.#terms, await this.#readLast(), { level, dice })) {
      await this.#place(quote);
    }
  }

  async #place(quote: Quote): Promise<void> {
    const clientOrderId = crypto.randomUUID();
    const { market } = this.#terms;
    const reply = await this.#send("POST", "/v1/orders", {
      market,
      clientOrderId,
      type: "limit",
      ...quote,
    });
    if (readCode(reply) === "INSUFFICIENT_FUNDS") return await this.#fund();
    if (reply.status >= 300) throw new Error(`an order was refused: ${describe(reply)}`);
    const { order } = Placed.parse(JSON.parse(reply.body));
    if (order.id !== undefined && order.state === "OPEN") this.#open.push(order.id);
  }

  async #readLast(): Promise<number> {
    const reply = await this.#send("GET", `/v1/markets/${this.#terms.market}/ticker`);
    const ticker = reply.status === 200 ? Ticker.parse(JSON.parse(reply.body)) : {};
    return ticker.last === undefined ? this.#terms.anchor : Number(ticker.last);
  }

  async #fund(): Promise<void> {
    const { base, quote, qty, anchor } = this.#terms;
    const baseAmount = Math.ceil(qty * 200);
    const amounts = { [base]: baseAmount, [quote]: Math.ceil(baseAmount * anchor) };
    for (const [asset, amount] of Object.entries(amounts)) {
      await depositFunds(this.#session, {
        asset,
        amount: String(amount),
        idempotencyKey: crypto.randomUUID(),
      });
    }
  }

  async #send(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): ReturnType<Session["ask"]> {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return await this.#session.ask({ build: () => ({ method, path, headers: "", ...text }) });
  }
}
