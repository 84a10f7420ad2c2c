/** `exchange withdrawals approve|deny|limits`: what operators allow to leave. */

import type { AssetDefinition } from "@exchange/streams/contract";
import { formatDecimal, parseDecimal } from "@exchange/streams/contract";
import type { Endpoint } from "@exchange/streams/runtime";
import { request, watchMarkets } from "@exchange/streams/runtime";
import type { Switched } from "@exchange/wallet/api";
import { approveWithdrawal, setLimits } from "@exchange/wallet/guards";
import { z } from "zod";

import type { Exchange } from "../exchange/connect.ts";
import { withExchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";
import { parseOptions, UsageError } from "./options.ts";
import { readWallet } from "./read-wallet.ts";

const REPLY_LIMIT_MS = 10_000;

export async function decide(args: readonly string[], approve: boolean): Promise<number> {
  const options = parseOptions(args, { reason: "string", operator: "string" }, ["ID"]);
  const [withdrawalId = ""] = options.positionals;
  const body = {
    withdrawalId,
    approve,
    reason: options.required("reason"),
    operator: options.required("operator"),
  };
  return await withExchange(async (exchange) => {
    const { state } = await ask(exchange, approveWithdrawal, body);
    console.log(
      options.flag("json")
        ? JSON.stringify({ withdrawalId, state })
        : `Withdrawal ${withdrawalId} is ${state}.`,
    );
    return 0;
  });
}

const Limits = z.object({
  asset: z.string(),
  day_max: z.string().nullable(),
  approval_above: z.string().nullable(),
  time_ms: z.string(),
  actor: z.string(),
  reason: z.string(),
});

/** Without an asset it shows all that was ever set, the newest last. */
export async function limits(args: readonly string[]): Promise<number> {
  const [asset] = args;
  if (asset === undefined || asset.startsWith("-")) return await showLimits(args);
  const shape = {
    day: "string",
    "approve-above": "string",
    reason: "string",
    operator: "string",
  } as const;
  const options = parseOptions(args, shape, ["ASSET"]);
  const named = { reason: options.required("reason"), operator: options.required("operator") };
  const [day, above] = [options.required("day"), options.required("approve-above")];
  return await withExchange(async (exchange) => {
    const definition = (await readAssets(exchange))(asset);
    const wished = { dayMax: toUnits(definition, day), approvalAbove: toUnits(definition, above) };
    await ask(exchange, setLimits, { asset, ...wished, ...named });
    console.log(
      options.flag("json")
        ? JSON.stringify({ asset, ...wished })
        : `${asset}: at most ${day} a day, and two operators for more than ${above}.`,
    );
    return 0;
  });
}

async function showLimits(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, []);
  await withExchange(async (exchange) => {
    const statement = "select * from withdrawal_limits order by change_id";
    const rows = await readWallet(exchange, Limits, [statement, null]);
    const assetOf = await readAssets(exchange);
    for (const row of rows) {
      const { scale } = assetOf(row.asset);
      const text = (units: string | null): string =>
        units === null ? "none" : formatDecimal(BigInt(units), scale);
      const time = new Date(Number(row.time_ms)).toISOString();
      const line = `${time} ${row.asset} day ${text(row.day_max)}, approve above ${text(row.approval_above)}, by ${row.actor}: ${row.reason}`;
      console.log(options.flag("json") ? JSON.stringify(row) : line);
    }
  });
  return 0;
}

function toUnits({ asset, scale }: AssetDefinition, text: string): string | null {
  if (text === "none") return null;
  const units = parseDecimal(text, scale);
  if (typeof units === "string") throw new UsageError(`${text} is no amount of ${asset}.`);
  return String(units);
}

async function readAssets({ connection }: Exchange): Promise<(asset: string) => AssetDefinition> {
  const directory = await watchMarkets(connection);
  directory.stop();
  return (asset) => {
    const definition = directory.asset(asset);
    if (definition === undefined) throw new UsageError(`There is no asset ${asset}.`);
    return definition;
  };
}

type Done<Value> = Extract<Value, { readonly isDone: true }>;

async function ask<Request, Value extends Switched>(
  { connection }: Exchange,
  endpoint: Endpoint<Request, Value>,
  body: Request,
): Promise<Done<Value>> {
  const reply = await request(connection, { endpoint, body, timeoutMs: REPLY_LIMIT_MS });
  if (reply.kind === "refused") throw new Failure(`The wallet refused: ${reply.code}`);
  const { value } = reply;
  if (!isDone(value)) throw new Failure(`Nothing was done: ${"why" in value ? value.why : ""}.`);
  return value;
}

function isDone<Value extends Switched>(value: Value): value is Done<Value> {
  return value.isDone;
}
