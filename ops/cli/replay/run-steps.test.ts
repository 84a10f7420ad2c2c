import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { assertPriceTicks, assertQtyLots } from "@exchange/streams/contract";

import type { HttpRequest } from "../../http/client.ts";
import type { HttpReply } from "../../http/reply.ts";
import type { Session } from "../../http/session.ts";
import type { ReplayStep } from "./plan.ts";
import { runSteps } from "./run-steps.ts";

function place(clientOrderId: string): ReplayStep {
  return {
    kind: "place",
    trader: 0,
    clientOrderId,
    side: "buy",
    priceTicks: assertPriceTicks(1),
    qtyLots: assertQtyLots(1),
    price: "0.01",
    quantity: "0.00000001",
  };
}

function cancel(clientOrderId: string): ReplayStep {
  return { kind: "cancel", trader: 0, clientOrderId };
}

interface Door {
  readonly session: Session;
  /** What was asked, when it was asked and when it was answered. */
  readonly log: string[];
}

/** Answers each request after a while: a placement with its place, a cancel as `answer` says. */
function createDoor(answer: (path: string) => HttpReply | undefined = () => undefined): Door {
  const log: string[] = [];
  let position = 1023;
  const reply = async (request: HttpRequest): Promise<HttpReply> => {
    const name = request.body === undefined ? request.path : readId(request.body);
    log.push(`ask ${name}`);
    await Bun.sleep(Math.random() * 5);
    log.push(`answer ${name}`);
    position += 1;
    const at = `BTC-USD:${position}`;
    const body = JSON.stringify({ order: { id: at }, at });
    return answer(request.path) ?? { status: 202, head: "", body };
  };
  const session: Session = {
    email: "trader@example.org",
    authorization: "",
    ask: async ({ build }) => await reply(build()),
  };
  return { session, log };
}

function problem(code: string): HttpReply {
  return { status: 409, head: "", body: JSON.stringify({ code }) };
}

function readId(body: string): string {
  return /"clientOrderId":"([^"]+)"/.exec(body)?.[1] ?? "";
}

test("with one step in flight the next is sent when the one before is committed", async () => {
  const { session, log } = createDoor();
  const steps = ["1", "2", "3"].map(place);
  const result = await runSteps({ market: "BTC-USD", steps, sessions: [session], window: 1 });
  expect(log).toEqual(["1", "2", "3"].flatMap((id) => [`ask ${id}`, `answer ${id}`]));
  expect(result).toMatchObject({ ordersCommitted: 3, firstAt: "BTC-USD:1024" });
  expect(result.lastAt).toBe("BTC-USD:1026");
});

test("with many in flight a cancel still waits for its order", async () => {
  const { session, log } = createDoor();
  const steps = Array.from({ length: 20 }, (_, index) => String(index)).flatMap((id) => [
    place(id),
    cancel(id),
  ]);
  await runSteps({ market: "BTC-USD", steps, sessions: [session], window: 8 });
  for (let id = 0; id < 20; id += 1) {
    const cancelled = log.indexOf(`ask /v1/orders/client:${id}?market=BTC-USD`);
    expect(log.indexOf(`answer ${id}`)).toBeLessThan(cancelled);
  }
});

test("a deletion of an order that is done counts as answered, and a refusal ends the replay", async () => {
  const done = createDoor(() => problem("ORDER_DONE"));
  const steps = [cancel("1")];
  const result = await runSteps({ market: "BTC-USD", steps, sessions: [done.session], window: 1 });
  expect(result.answered).toEqual({ ORDER_DONE: 1 });
  const { session } = createDoor(() => problem("INSUFFICIENT_FUNDS"));
  await expect(
    runSteps({ market: "BTC-USD", steps: [place("1")], sessions: [session], window: 1 }),
  ).rejects.toThrow("place 1 was refused: 409 INSUFFICIENT_FUNDS");
});

test("acknowledged orders are on record, and a stopped replay sends nothing more", async () => {
  const folder = mkdtempSync(join(tmpdir(), "exchange-acks-"));
  const acksFile = join(folder, "acks.jsonl");
  const { session } = createDoor();
  const stopping = new AbortController();
  const result = await runSteps({
    market: "BTC-USD",
    steps: ["1", "2", "3", "4"].map(place),
    sessions: [session],
    window: 1,
    acksFile,
    stopping: stopping.signal,
    onStep: (done) => {
      if (done === 2) stopping.abort();
    },
  });
  expect(result.ordersCommitted).toBe(2);
  const acks: unknown[] = readFileSync(acksFile, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(acks).toMatchObject([
    { clientOrderId: "1", orderId: "BTC-USD:1024" },
    { clientOrderId: "2", orderId: "BTC-USD:1025" },
  ]);
  rmSync(folder, { recursive: true });
});
