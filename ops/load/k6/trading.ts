/** Accounts, orders and cancels as k6 sends them. */

import { check } from "k6";
import { vu } from "k6/execution";
import type { RefinedResponse } from "k6/http";
import http from "k6/http";
import type { Scenario } from "k6/options";

import type { Flow } from "../../bench/orders/flow.ts";
import { createFlow } from "../../bench/orders/flow.ts";
import type { Scale, Stage } from "../scenarios.ts";
import { CANCEL_SHARE, FIRST_PRICE, FUNDS } from "../scenarios.ts";

/** `ops/up` prints the address. */
export const gatewayUrl = __ENV["GATEWAY_URL"] ?? "http://127.0.0.1:8080";
export const marketId = __ENV["LOAD_MARKET"] ?? "BTC-USD";
const { LOAD_SECONDS, LOAD_SHARE } = __ENV;
/** All stages in so many seconds, and rates times a share. */
export const loadScale: Scale = {
  ...(LOAD_SECONDS !== undefined && { seconds: Number(LOAD_SECONDS) }),
  share: Number(LOAD_SHARE ?? 1),
};
/** Bounds of time are this many times as wide. */
export const slack = Number(__ENV["LOAD_SLACK"] ?? 1);

const PASSWORD = "load with test funds";
const MS_PER_S = 1000;
/** Requests without an answer at most; what more would be due is dropped and counted. They share the accounts. */
const VIRTUAL_USERS = 200;

export interface Setup {
  readonly tokens: readonly string[];
  readonly tick: string;
  readonly lot: string;
  readonly middleTicks: number;
}

// A cancel that comes after the fill is what happens in a market, not a failure.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 409));

export function arrivals(stages: readonly Stage[]): Scenario {
  const [first] = stages;
  return {
    executor: "ramping-arrival-rate",
    exec: "trade",
    startRate: first?.ratePerSecond ?? 1,
    timeUnit: "1s",
    preAllocatedVUs: VIRTUAL_USERS,
    // A rate steps, where k6 would climb to it.
    stages: stages.flatMap(({ ratePerSecond, seconds }) => [
      { target: ratePerSecond, duration: "0s" },
      { target: ratePerSecond, duration: `${Math.ceil(seconds * MS_PER_S)}ms` },
    ]),
  };
}

/** Signs up, logs in and deposits, before anything is measured. */
export function openAccounts(count: number): Setup {
  const tokens = Array.from({ length: count }, (_, account) => openAccount(account));
  const markets = http.get(`${gatewayUrl}/v1/markets`);
  const listed = markets.json("markets");
  const market = Array.isArray(listed)
    ? listed.find((one) => field(one, "market") === marketId)
    : undefined;
  if (market === undefined) throw new Error(`${marketId} is not listed at ${gatewayUrl}`);
  const [tick, lot] = [field(market, "tick"), field(market, "lot")];
  const last = http.get(`${gatewayUrl}/v1/markets/${marketId}/ticker`).json("last");
  const middleTicks = Math.round(Number(last ?? FIRST_PRICE) / Number(tick));
  return { tokens, tick, lot, middleTicks };
}

function openAccount(account: number): string {
  const [base = "", quote = ""] = marketId.split("-");
  const credentials = JSON.stringify({ email: `load-${account}@load.example`, password: PASSWORD });
  const params = { headers: { "content-type": "application/json" } };
  http.post(`${gatewayUrl}/v1/auth/signup`, credentials, params);
  const login = http.post(`${gatewayUrl}/v1/auth/login`, credentials, params);
  const token = login.json("accessToken");
  if (typeof token !== "string") throw new Error(`load-${account} cannot log in: ${login.status}`);
  for (const asset of [base, quote]) {
    const deposit = http.post(
      `${gatewayUrl}/v1/deposits`,
      JSON.stringify({ asset, amount: FUNDS }),
      {
        headers: { ...headersOf(token), "idempotency-key": `load-${asset}` },
      },
    );
    if (deposit.status >= 300)
      throw new Error(`load-${account} got no ${asset}: ${deposit.status}`);
  }
  return token;
}

let flow: Flow | undefined;

/** One order or cancel of this virtual user's account. */
export function trade({ tokens, tick, lot, middleTicks }: Setup): void {
  flow ??= createFlow({ accounts: 1, cancelShare: CANCEL_SHARE, random: Math.random, middleTicks });
  const token = tokens[vu.idInTest % tokens.length] ?? "";
  const command = flow.next();
  const params = { headers: headersOf(token), tags: { name: command.kind } };
  if (command.kind === "cancel") {
    checkAnswer(http.del(`${gatewayUrl}/v1/orders/${command.orderId}`, null, params));
    return;
  }
  const { side, priceTicks, qtyLots } = command;
  const order = {
    market: marketId,
    side,
    type: "limit",
    price: decimal(priceTicks, tick),
    quantity: decimal(qtyLots, lot),
  };
  const reply = http.post(`${gatewayUrl}/v1/orders`, JSON.stringify(order), params);
  checkAnswer(reply);
  if (reply.status >= 300) return;
  const [id, state] = [reply.json("order.id"), reply.json("order.state")];
  if (typeof id === "string" && state === "OPEN") flow.rested(0, id);
}

function checkAnswer(reply: RefinedResponse<"text">): void {
  check(reply, { "answered well": ({ status }) => status < 300 || status === 409 });
}

function headersOf(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, "content-type": "application/json" };
}

/** Steps as text with the decimals of a step, which is a power of ten or a multiple of one. */
function decimal(steps: number, step: string): string {
  const [, fraction = ""] = step.split(".");
  return (steps * Number(step)).toFixed(fraction.length);
}

function field(json: unknown, name: string): string {
  if (typeof json !== "object" || json === null) return "";
  const [, value] = Object.entries(json).find(([key]) => key === name) ?? [];
  return String(value);
}
