/** The bank's door: payouts and statements for its customer, and buttons for tests. */

import { randomBytes } from "node:crypto";

import { PayoutOrder } from "@exchange/wallet/bank";
import type { Context } from "hono";
import { Hono } from "hono";
import { z } from "zod";

import { faults } from "./faults.ts";
import type { Bank, Reply } from "./rules.ts";

const DOWN_MS_MAX = 600_000;

const Money = z.strictObject({
  transactionId: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,64}$/)
    .optional(),
  accountId: z.int().positive(),
  asset: z.string(),
  amount: z.string(),
  faults: z.array(z.enum(faults)).default([]),
});
const Down = z.strictObject({ ms: z.int().min(1).max(DOWN_MS_MAX) });

export interface AppDeps {
  readonly bank: Bank;
  readonly apiKey: string;
  /** Nobody answers at the bank's address for so long. */
  readonly goDown: (ms: number) => void;
}

export function createApp({ bank, apiKey, goDown }: AppDeps): Hono {
  const app = new Hono();
  app.get("/readyz", (context) => context.text("ok"));
  app.use("/*", async (context, next) => {
    if (context.req.header("authorization") === `Bearer ${apiKey}`) return await next();
    return context.json({ code: "UNAUTHENTICATED" }, 401);
  });
  app.post("/v1/payouts", async (context) => {
    const order = PayoutOrder.safeParse(await readBody(context));
    if (!order.success) return context.json({ code: "MALFORMED" }, 400);
    return await send(context, bank.submit(context.req.header("idempotency-key"), order.data));
  });
  app.get("/v1/payouts/:payoutId", (context) => {
    const found = bank.look(context.req.param("payoutId"));
    return found === undefined ? context.json({ code: "NOT_FOUND" }, 404) : context.json(found);
  });
  app.get("/v1/payments", (context) => context.json({ payments: bank.payments() }));
  app.post("/test/deposits", async (context) => {
    const money = Money.safeParse(await readBody(context));
    if (!money.success) return context.json({ code: "MALFORMED" }, 400);
    const transactionId = money.data.transactionId ?? `t-${randomBytes(8).toString("hex")}`;
    bank.deposit({ ...money.data, transactionId, faults: new Set(money.data.faults) });
    return context.json({ transactionId }, 201);
  });
  app.post("/test/down", async (context) => {
    const down = Down.safeParse(await readBody(context));
    if (!down.success) return context.json({ code: "MALFORMED" }, 400);
    goDown(down.data.ms);
    return context.json({}, 202);
  });
  return app;
}

async function readBody(context: Context): Promise<unknown> {
  return await context.req.json().catch(() => undefined);
}

async function send(context: Context, reply: Reply): Promise<Response> {
  switch (reply.kind) {
    case "answer":
      return context.json(reply.body, reply.status);
    case "problem":
      return context.json({ code: reply.code }, reply.status);
    case "silence": {
      // Until the client gives up.
      const { promise, resolve } = Promise.withResolvers<void>();
      context.req.raw.signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      return context.body(null, 500);
    }
    case "wait":
      await Bun.sleep(reply.ms);
      return await send(context, reply.reply());
  }
}
