/** `exchange market reverse`: one operator proposes to take trades back, another one has it done. */

import type { Market, ReversedTrade } from "@exchange/streams/contract";
import {
  assert,
  formatDecimal,
  formatPosition,
  formatPrice,
  formatQty,
  REVERSAL_SLICE_MAX,
} from "@exchange/streams/contract";
import type { Endpoint } from "@exchange/streams/runtime";
import { request } from "@exchange/streams/runtime";
import { decideReversal, proposeReversal } from "@exchange/wallet/reversals";
import { z } from "zod";

import type { Exchange } from "../../exchange/connect.ts";
import { readMarket, withExchange } from "../../exchange/connect.ts";
import { Failure } from "../../setup/failure.ts";
import { askConfirmation } from "../ask-confirmation.ts";
import { cancelOrders } from "../freeze.ts";
import type { Parsed } from "../options.ts";
import { parseOptions } from "../options.ts";
import { readWallet } from "../read-wallet.ts";
import { reverseTrades } from "./admin-command.ts";
import type { TradeRange } from "./find-trades.ts";
import { findTrades, lastReversal, parseRange } from "./find-trades.ts";
import type { ReversalResult } from "./reversal-result.ts";
import { readReversalResult } from "./reversal-result.ts";

const REPLY_LIMIT_MS = 10_000;

export const reversalHelp = `reverse proposes to take back the trades of a range, named by their ids as "exchange trades" prints them, or by commands
with all their trades; only those of the current epoch. approve-reversal by somebody else has it done: a command in the market's
log, upon which the wallet moves back what each trade moved, fees included, once. The book stays as it is: no order comes back.
Who has spent what has to go back is frozen and its orders are cancelled; the house's account "shortfall" has the rest. Trades,
candles and ticker are made anew without them. deny-reversal, by anybody, ends a proposal; reversals lists all of them.`;

const named = { reason: "string", operator: "string", yes: "boolean" } as const;

export async function reverse(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { ...named, from: "string", to: "string" }, ["MARKET"]);
  const [id = ""] = options.positionals;
  const range = parseRange(options.required("from"), options.required("to"));
  const who = whoOf(options);
  return await withExchange(async (exchange) => {
    const market = await readMarket(exchange, id);
    const { trades, reversed } = await findTrades(exchange.connection, market, range);
    if (trades.length === 0) throw new Failure(`${id} has no such trades in its current epoch.`);
    const again = trades.map(formatPosition).filter((trade) => reversed.has(trade));
    if (again.length > 0) throw new Failure(`Taken back before: ${again.join(", ")}.`);
    if (!options.flag("json")) for (const trade of trades) console.log(describe(market, trade));
    const question = `Propose to take back ${trades.length} trades of ${id}?`;
    if (!(await askConfirmation(question, options.flag("yes")))) return 1;
    const proposal = { market: id, epoch: market.epoch, ...endsOf(trades) };
    const body = { ...proposal, trades: trades.length, ...who };
    const { reversalId } = await ask(exchange, proposeReversal, body);
    const isJson = options.flag("json");
    const said = { reversalId, state: "PROPOSED", market: id, trades: trades.map(formatPosition) };
    console.log(
      isJson
        ? JSON.stringify(said)
        : `Reversal ${reversalId} is proposed: another operator has to approve it.`,
    );
    return 0;
  });
}

export async function approveReversal(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, named, ["ID"]);
  const [reversalId = ""] = options.positionals;
  const who = whoOf(options);
  return await withExchange(async (exchange) => {
    const proposal = await readProposal(exchange, reversalId);
    const market = await readMarket(exchange, proposal.market);
    if (market.epoch !== proposal.epoch) {
      throw new Failure(
        `${market.market} was rotated since; trades of an epoch that is over stand.`,
      );
    }
    const found = await findTrades(exchange.connection, market, rangeOf(proposal));
    const { trades, reversed } = found;
    assert(trades.length === proposal.trades, "a log keeps its trades");
    const question = `Take back ${trades.length} trades of ${market.market}, ${proposal.reason}?`;
    if (!(await askConfirmation(question, options.flag("yes")))) return 1;
    await ask(exchange, decideReversal, { reversalId, approve: true, ...who });
    // An earlier run may have come this far, and settlement not yet as far as that.
    const left = trades.filter((trade) => !reversed.has(formatPosition(trade))).toReversed();
    let position = lastReversal(found);
    for (let start = 0; start < left.length; start += REVERSAL_SLICE_MAX) {
      const slice = left.slice(start, start + REVERSAL_SLICE_MAX);
      position = await reverseTrades(exchange.connection, market, slice);
    }
    const result = await readReversalResult(exchange, market, { trades, position });
    if (result.frozen.length > 0) await cancelOrders(exchange, { accountIds: result.frozen });
    const isJson = options.flag("json");
    const state = { reversalId, state: "APPROVED", market: market.market };
    console.log(
      isJson
        ? JSON.stringify({ ...state, taken: left.length, ...told(market, result) })
        : explain(market, left, result),
    );
    return result.ignored.length === 0 ? 0 : 1;
  });
}

export async function denyReversal(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, named, ["ID"]);
  const [reversalId = ""] = options.positionals;
  return await withExchange(async (exchange) => {
    const body = { reversalId, approve: false, ...whoOf(options) };
    const { state } = await ask(exchange, decideReversal, body);
    const isJson = options.flag("json");
    console.log(
      isJson ? JSON.stringify({ reversalId, state }) : `Reversal ${reversalId} is ${state}.`,
    );
    return 0;
  });
}

const Step = z.object({
  reversal_id: z.string(),
  market: z.string(),
  epoch: z.number(),
  from_command: z.coerce.number(),
  from_index: z.coerce.number(),
  to_command: z.coerce.number(),
  to_index: z.coerce.number(),
  trades: z.number(),
  step: z.number(),
  state: z.string(),
  time_ms: z.string(),
  actor: z.string(),
  reason: z.string(),
});
type Step = z.infer<typeof Step>;

const steps = "select * from trade_reversals join trade_reversal_steps using (reversal_id)";

export async function listReversals(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, []);
  await withExchange(async (exchange) => {
    const rows = await readWallet(exchange, Step, [`${steps} order by reversal_id, step`, null]);
    for (const row of rows) {
      const { from, to } = rangeOf(row);
      const range = `${row.market} ${formatPosition(from)} to ${formatPosition(to)}, ${row.trades} trades`;
      const time = new Date(Number(row.time_ms)).toISOString();
      const line = `${row.reversal_id}  ${time}  ${row.state.padEnd(8)}  ${range}, by ${row.actor}: ${row.reason}`;
      console.log(options.flag("json") ? JSON.stringify(row) : line);
    }
  });
  return 0;
}

async function readProposal(exchange: Exchange, reversalId: string): Promise<Step> {
  const [proposal] = await readWallet(exchange, Step, [
    `${steps} where reversal_id = ? and step = 1`,
    reversalId,
  ]);
  if (proposal === undefined) throw new Failure(`There is no reversal ${reversalId}.`);
  return proposal;
}

function rangeOf(row: Step): TradeRange {
  return {
    from: { command: row.from_command, index: row.from_index },
    to: { command: row.to_command, index: row.to_index },
  };
}

function endsOf(trades: readonly ReversedTrade[]): TradeRange {
  const [first, last] = [trades[0], trades.at(-1)];
  assert(first !== undefined && last !== undefined, "a range has a trade");
  return {
    from: { command: first.command, index: first.index },
    to: { command: last.command, index: last.index },
  };
}

function whoOf(options: Parsed): { readonly operator: string; readonly reason: string } {
  return { operator: options.required("operator"), reason: options.required("reason") };
}

function describe(market: Market, trade: ReversedTrade): string {
  const { qtyLots, priceTicks, maker, taker, takerSide } = trade;
  const size = `${formatQty(market, qtyLots)} @ ${formatPrice(market, priceTicks)}`;
  const how = takerSide === "buy" ? "buys from" : "sells to";
  return `${formatPosition(trade)}  ${size}  account ${taker.accountId} ${how} ${maker.accountId}`;
}

/** As people and programs read it. */
function told(market: Market, { ignored, frozen, shortfalls }: ReversalResult) {
  return {
    ignored,
    frozen,
    shortfalls: shortfalls.map(({ trade, asset, units }) => {
      const scale = asset === market.base ? market.baseScale : market.quoteScale;
      return { trade, asset, amount: formatDecimal(units, scale) };
    }),
  };
}

function explain(market: Market, left: readonly ReversedTrade[], result: ReversalResult): string {
  const { ignored, frozen, shortfalls } = told(market, result);
  return [
    `${left.length} trades of ${market.market} are taken back.`,
    ...ignored.map((trade) => `${trade} is not in the ledger as the log has it: nothing moved.`),
    ...shortfalls.map(({ trade, asset, amount }) => `${trade}: ${amount} ${asset} were spent.`),
    ...frozen.map((account) => `Account ${account} is frozen.`),
  ].join("\n");
}

type Done<Value> = Extract<Value, { readonly isDone: true }>;

async function ask<
  Request,
  Value extends { readonly isDone: true } | { readonly isDone: false; readonly why: string },
>(
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

function isDone<Value extends { readonly isDone: boolean }>(value: Value): value is Done<Value> {
  return value.isDone;
}
