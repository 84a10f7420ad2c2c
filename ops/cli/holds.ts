/** `exchange holds`: what of a user's money is set aside for orders, now or after a record of a market. */

import type { AccountHold, MarketHolds } from "../as-of/holds-at.ts";
import { holdsAt, readHolds, replayHolds } from "../as-of/holds-at.ts";
import type { FoundPoint } from "../as-of/read-ledger.ts";
import { openWallet, readTransactions } from "../as-of/read-ledger.ts";
import type { MysqlSnapshot } from "../audit/read/mysql-snapshot.ts";
import type { Exchange } from "../exchange/connect.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import type { FormatUnits } from "./as-of.ts";
import { asOfOptions, readAccounts, readFormat, readPoint, titleOf } from "./as-of.ts";
import type { OperatorVerb } from "./effect.ts";
import type { Parsed } from "./options.ts";
import { parseOptions, UsageError } from "./options.ts";

export const holds: OperatorVerb = {
  effects: "reads",
  summary: "show what of a user's money is set aside for orders, now or as of a record",
  help: `Usage: bun run exchange holds USER [--as-of MARKET:N] [--copies DIR] [--json]

USER is an e-mail or a user's id. Prints each hold that has something: LIVE for an order in the
book, PENDING for one that no command has brought yet.

With --as-of the market's holds after settlement of record N of its command log (see "exchange balances"): the commands are played
up to there, what the book's orders can still spend is what their holds have, and pending is what the ledger had set
aside by then and no command up to N had brought.

  --copies DIR   where "exchange market export" put epochs that were deleted since, when they are needed
  --json         one JSON object an account

Exit code 1 when there is no such user or record, or its epoch was deleted and no copy is given.`,
  run: async (args) => {
    const options = parseOptions(args, asOfOptions, ["USER"]);
    const [user = ""] = options.positionals;
    await withExchange(async (exchange) => {
      const accounts = await readAccounts(exchange, user);
      const history = await readHistory(exchange, options);
      const format = await readFormat(exchange);
      const wallet = await openWallet(exchange);
      try {
        for (const account of accounts) {
          const { accountId } = account;
          const found =
            history === undefined
              ? await readHolds(wallet, accountId)
              : await readHoldsAt(wallet, accountId, history);
          if (options.flag("json")) {
            const shown = found.map((hold) => formatJson(hold, format));
            console.log(JSON.stringify({ ...account, asOf: options.text("as-of"), holds: shown }));
            continue;
          }
          console.log(titleOf(account, options));
          for (const hold of found) console.log(`  ${formatHold(hold, format)}`);
        }
      } finally {
        await wallet.end();
      }
    });
    return 0;
  },
};

interface History {
  readonly point: Extract<FoundPoint, { kind: "record" }>;
  readonly market: Awaited<ReturnType<typeof readMarket>>;
  readonly found: MarketHolds;
}

async function readHistory(exchange: Exchange, options: Parsed): Promise<History | undefined> {
  const point = await readPoint(exchange, options);
  if (point === undefined) return undefined;
  if (point.kind !== "record") {
    throw new UsageError("Holds are as of a market's record. Like this: BTC-USD:5.");
  }
  const market = await readMarket(exchange, point.market);
  const source = { connection: exchange.connection, copies: options.text("copies") };
  return { point, market, found: await replayHolds(source, market, point) };
}

async function readHoldsAt(
  wallet: MysqlSnapshot,
  accountId: number,
  { point, market, found }: History,
): Promise<AccountHold[]> {
  const transactions = await readTransactions(wallet, accountId, point);
  return await holdsAt(wallet, found, { ...point, market, accountId, transactions });
}

function formatJson(hold: AccountHold, format: FormatUnits): object {
  const { asset, amount, remaining } = hold;
  return { ...hold, amount: format(asset, amount), remaining: format(asset, remaining) };
}

function formatHold(hold: AccountHold, format: FormatUnits): string {
  const { holdId, market, clientOrderId, asset, amount, remaining, state } = hold;
  const left = `${format(asset, remaining)} of ${format(asset, amount)} ${asset}`;
  return `${holdId}  ${market}  ${state.padEnd(7)}  ${left}  for ${clientOrderId}`;
}
