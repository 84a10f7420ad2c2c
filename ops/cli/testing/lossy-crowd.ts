/** Traders of a replay who follow it over connections that lose messages, and what the exchange itself says in the end. */

import { expect } from "bun:test";

import { z } from "zod";

import { createHttpClient } from "../../http/client.ts";
import { createPersistentAsk } from "../../http/persistent.ts";
import type { Session } from "../../http/session.ts";
import { openSession } from "../../http/session.ts";
import { readRunning } from "../../setup/running.ts";
import { credentialsOf } from "../replay/traders.ts";
import type { Heard, PrivateHistory } from "./lossy-client.ts";
import { LossyClient } from "./lossy-client.ts";
import { expectExchange } from "./run-exchange.ts";

const REPLY_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 60_000;
const DEPTH_MAX = 1000;
const PAGE_MAX = 500;

const Levels = z.array(z.tuple([z.string(), z.string()]));
const Book = z.object({ bids: Levels, asks: Levels });
const Orders = z.object({
  orders: z.array(z.object({ id: z.string(), state: z.string() })),
  nextCursor: z.string().optional(),
});
const Fills = z.object({
  fills: z.array(z.object({ tradeId: z.string(), role: z.string(), quantity: z.string() })),
  nextCursor: z.string().optional(),
});

export interface LossyCrowd {
  /** Once the market stands still: all have what the exchange has, and had to make up for something. */
  expectWhole(): Promise<void>;
  close(): void;
}

interface Member {
  readonly session: Session;
  readonly client: LossyClient;
}

/** Resolves when each of them follows the market. */
export async function openLossyCrowd(market: string, clients: number): Promise<LossyCrowd> {
  const { gatewayUrl } = readRunning();
  const http = createHttpClient({ url: gatewayUrl, connectionsMax: 4, timeoutMs: REPLY_LIMIT_MS });
  const ask = createPersistentAsk({ client: http, limitMs: ANSWER_LIMIT_MS });
  const url = `${gatewayUrl.replace(/^http/, "ws")}/v1/ws`;
  const members: Member[] = [];
  for (let trader = 0; trader < clients; trader += 1) {
    const session = await openSession(ask, credentialsOf(trader));
    const client = new LossyClient({
      url,
      market,
      readToken: async () => await readToken(session),
      seed: trader + 1,
      readHistory: async (after) => await readHistory(session, market, `&after=${after}`),
    });
    members.push({ session, client });
  }
  while (members.some(({ client }) => !client.isFollowing)) await Bun.sleep(50);
  return {
    async expectWhole() {
      const trades = await expectExchange("trades", market, "--json");
      const tradeIds = linesOf(trades).map(
        (line) => z.object({ tradeId: z.string() }).parse(JSON.parse(line)).tradeId,
      );
      for (const { session, client } of members) {
        const heard = await client.settle();
        expect(heard.lost, "messages lost").toBeGreaterThan(0);
        expect(heard.gaps, "gaps found").toBeGreaterThan(0);
        expect(heard.tradeIds).toEqual(tradeIds);
        await expectBook(session, market, heard);
        await expectPrivate(session, market, heard);
      }
    },
    close() {
      for (const { client } of members) client.close();
      http.close();
    },
  };
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Whoever asks with one that has ended is given another. */
async function readToken(session: Session): Promise<string> {
  await read(session, "/v1/balances");
  return /Bearer (\S+)/.exec(session.authorization)?.[1] ?? "";
}

async function read(session: Session, path: string): Promise<unknown> {
  const reply = await session.ask({ build: () => ({ method: "GET", path, headers: "" }) });
  return JSON.parse(reply.body);
}

async function expectBook(session: Session, market: string, heard: Heard): Promise<void> {
  const book = Book.parse(await read(session, `/v1/markets/${market}/book?depth=${DEPTH_MAX}`));
  const best = (side: ReadonlyMap<string, string>, sign: number): [string, string][] =>
    [...side]
      .toSorted(([one], [other]) => sign * (Number(one) - Number(other)))
      .slice(0, DEPTH_MAX);
  expect(best(heard.bids, -1)).toEqual(book.bids);
  expect(best(heard.asks, 1)).toEqual(book.asks);
}

async function expectPrivate(session: Session, market: string, heard: Heard): Promise<void> {
  const { orders, fills } = await readHistory(session, market);
  expect(Object.fromEntries(heard.orders)).toEqual(Object.fromEntries(orders));
  expect([...heard.fills].toSorted()).toEqual([...fills].toSorted());
}

async function readHistory(session: Session, market: string, after = ""): Promise<PrivateHistory> {
  const orders = new Map<string, string>();
  for await (const page of pagesOf(session, `/v1/orders?market=${market}${after}`, Orders)) {
    for (const { id, state } of page.orders) orders.set(id, state);
  }
  const fills = new Set<string>();
  for await (const page of pagesOf(session, `/v1/fills?market=${market}${after}`, Fills)) {
    for (const { tradeId, role, quantity } of page.fills)
      fills.add(`${tradeId}/${role} ${quantity}`);
  }
  return { orders, fills };
}

async function* pagesOf<Page extends { readonly nextCursor?: string | undefined }>(
  session: Session,
  path: string,
  schema: z.ZodType<Page>,
): AsyncGenerator<Page> {
  let cursor = "";
  do {
    const page = schema.parse(await read(session, `${path}&limit=${PAGE_MAX}${cursor}`));
    yield page;
    cursor = page.nextCursor === undefined ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
}
