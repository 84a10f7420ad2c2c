/** `exchange withdrawals`: what is on its way to the bank, and what only a person can find out. */

import { assert, formatDecimal } from "@exchange/streams/contract";
import { request, watchMarkets } from "@exchange/streams/runtime";
import { resolveWithdrawal, switchWithdrawals } from "@exchange/wallet/api";
import { withdrawalStates } from "@exchange/wallet/withdrawal";
import { z } from "zod";

import type { Exchange } from "../exchange/connect.ts";
import { withExchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";
import type { Effect, OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";
import { readWallet } from "./read-wallet.ts";
import { decide, limits } from "./withdrawal-guards.ts";

const REPLY_LIMIT_MS = 10_000;
const ROWS_MAX = 200;

export const withdrawals: OperatorVerb = {
  effects: new Map<string, Effect | ((args: readonly string[]) => Effect)>([
    ["list", "reads"],
    ["show", "reads"],
    ["resolve", "changes"],
    ["approve", "changes"],
    ["deny", "changes"],
    // Without an asset it shows them.
    ["limits", ([asset = "-"]) => (asset.startsWith("-") ? "reads" : "changes")],
    ["halt", "changes"],
    ["resume", "changes"],
    ["switch", "reads"],
  ]),
  summary: "list withdrawals, show one's history, resolve what the bank forgot",
  help: `Usage: bun run exchange withdrawals [list] [--state STATE] [--json]
       bun run exchange withdrawals show ID [--json]
       bun run exchange withdrawals resolve ID --as paid|unpaid --reason TEXT --operator NAME
       bun run exchange withdrawals approve|deny ID --reason TEXT --operator NAME
       bun run exchange withdrawals limits [ASSET --day AMOUNT|none --approve-above AMOUNT|none --reason TEXT --operator NAME]
       bun run exchange withdrawals halt|resume --reason TEXT --operator NAME
       bun run exchange withdrawals switch [--json]

list shows the ${ROWS_MAX} newest. STATE is one of
${withdrawalStates.join(", ")}.

A withdrawal is MANUAL when the bank was asked, did not say what it did, and no longer knows the key under which it
could be asked again. Ask the bank by the payout key that show prints, then resolve it: paid takes the money out of
custody, unpaid gives it back to its owner. Only what is MANUAL can be resolved, once, and the history keeps who
did it and why.

A withdrawal above its asset's limit is HELD, its money in flight, until two operators approve it: the first makes it
CONFIRMED, the second, who has to be somebody else, RESERVED. deny by either gives the money back. limits sets that limit
and what an account may withdraw within 24 hours, or shows all that was ever set.

halt stops withdrawals: none is made, and the bank is asked for no payout. The wallet does it by itself when the ledger
does not sum to zero. resume lets them go on; while balances still do not sum to zero they are halted again within
a second or so. switch prints who did so, when and why, the newest last.`,
  run: async (given) => {
    const [first = "list", ...rest] = given;
    const isAction = !first.startsWith("-");
    const args = isAction ? rest : given;
    switch (isAction ? first : "list") {
      case "list":
        return await list(args);
      case "show":
        return await show(args);
      case "resolve":
        return await resolve(args);
      case "approve":
        return await decide(args, true);
      case "deny":
        return await decide(args, false);
      case "limits":
        return await limits(args);
      case "halt":
        return await turn(args, true);
      case "resume":
        return await turn(args, false);
      case "switch":
        return await showSwitch(args);
      default:
        throw new UsageError(`withdrawals does not know ${first}.`);
    }
  },
};

const Row = z.object({
  withdrawal_id: z.string(),
  account_id: z.string(),
  asset: z.string(),
  amount: z.string(),
  destination: z.string(),
  state: z.string(),
  attempt: z.number(),
  payout_key: z.string(),
  payout_id: z.string().nullable(),
  created_ms: z.string(),
});
type Row = z.infer<typeof Row>;

const Step = z.object({
  step: z.number(),
  state: z.string(),
  attempt: z.number(),
  time_ms: z.string(),
  actor: z.string(),
  detail: z.string().nullable(),
});

async function list(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { state: "string" }, []);
  const state = options.text("state")?.toUpperCase();
  if (state !== undefined && !withdrawalStates.some((known) => known === state)) {
    throw new UsageError(`No withdrawal is ever ${state}.`);
  }
  await withExchange(async (exchange) => {
    const rows = await readWallet(exchange, Row, [
      `select * from withdrawals where state = coalesce(?, state) order by withdrawal_id desc limit ${ROWS_MAX}`,
      state ?? null,
    ]);
    const amountOf = await readScales(exchange);
    for (const row of rows) {
      console.log(options.flag("json") ? JSON.stringify(row) : formatRow(row, amountOf(row)));
    }
  });
  return 0;
}

async function show(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, ["ID"]);
  const [id = ""] = options.positionals;
  await withExchange(async (exchange) => {
    const [row] = await readWallet(exchange, Row, [
      "select * from withdrawals where withdrawal_id = ?",
      id,
    ]);
    if (row === undefined) throw new Failure(`There is no withdrawal ${id}.`);
    const steps = await readWallet(exchange, Step, [
      "select * from withdrawal_steps where withdrawal_id = ? order by step",
      id,
    ]);
    if (options.flag("json")) {
      console.log(JSON.stringify({ ...row, steps }));
      return;
    }
    const amountOf = await readScales(exchange);
    console.log(formatRow(row, amountOf(row)));
    console.log(`payout key ${row.payout_key}, the bank's name ${row.payout_id ?? "not known"}`);
    for (const { state, attempt, time_ms: timeMs, actor, detail } of steps) {
      const time = new Date(Number(timeMs)).toISOString();
      console.log(`  ${time} ${state.padEnd(10)} ${attempt} ${actor} ${detail ?? ""}`.trimEnd());
    }
  });
  return 0;
}

async function resolve(args: readonly string[]): Promise<number> {
  const shape = { as: "string", reason: "string", operator: "string" } as const;
  const options = parseOptions(args, shape, ["ID"]);
  const [withdrawalId = ""] = options.positionals;
  const as = options.required("as");
  if (as !== "paid" && as !== "unpaid") throw new UsageError("--as is paid or unpaid.");
  const body = {
    withdrawalId,
    paid: as === "paid",
    reason: options.required("reason"),
    operator: options.required("operator"),
  };
  return await withExchange(async ({ connection }) => {
    const call = { endpoint: resolveWithdrawal, body, timeoutMs: REPLY_LIMIT_MS };
    const reply = await request(connection, call);
    if (reply.kind === "refused") throw new Failure(`The wallet refused: ${reply.code}`);
    if (!reply.value.isDone) throw new Failure(`Nothing was done: ${reply.value.why}.`);
    const { state } = reply.value;
    console.log(
      options.flag("json")
        ? JSON.stringify({ withdrawalId, state })
        : `Withdrawal ${withdrawalId} is ${state}.`,
    );
    return 0;
  });
}

async function turn(args: readonly string[], halt: boolean): Promise<number> {
  const options = parseOptions(args, { reason: "string", operator: "string" }, []);
  const body = {
    halt,
    reason: options.required("reason"),
    operator: options.required("operator"),
  };
  return await withExchange(async ({ connection }) => {
    const call = { endpoint: switchWithdrawals, body, timeoutMs: REPLY_LIMIT_MS };
    const reply = await request(connection, call);
    if (reply.kind === "refused") throw new Failure(`The wallet refused: ${reply.code}`);
    if (!reply.value.isDone) throw new Failure(`Nothing was done: ${reply.value.why}.`);
    const done = halt ? "Withdrawals are halted." : "Withdrawals go on.";
    console.log(options.flag("json") ? JSON.stringify({ halted: halt }) : done);
    return 0;
  });
}

const SwitchStep = z.object({
  step: z.number(),
  is_halted: z.number(),
  transaction_id: z.string().nullable(),
  time_ms: z.string(),
  actor: z.string(),
  reason: z.string(),
});

async function showSwitch(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, []);
  await withExchange(async (exchange) => {
    const steps = await readWallet(exchange, SwitchStep, [
      "select * from withdrawal_switch_steps order by step",
      null,
    ]);
    for (const step of steps) {
      const time = new Date(Number(step.time_ms)).toISOString();
      const state = step.is_halted === 1 ? "halted " : "resumed";
      const line = `${time} ${state} by ${step.actor}: ${step.reason}`;
      console.log(options.flag("json") ? JSON.stringify(step) : line);
    }
  });
  return 0;
}

async function readScales({ connection }: Exchange): Promise<(row: Row) => string> {
  const directory = await watchMarkets(connection);
  directory.stop();
  return ({ asset, amount }) => {
    const definition = directory.asset(asset);
    assert(definition !== undefined, `asset ${asset} is not listed`);
    return formatDecimal(BigInt(amount), definition.scale);
  };
}

function formatRow(row: Row, amount: string): string {
  const time = new Date(Number(row.created_ms)).toISOString();
  return `${row.withdrawal_id}  ${time}  ${row.state.padEnd(10)}  ${amount} ${row.asset} of account ${row.account_id} to ${row.destination}, ${row.attempt} attempts`;
}
