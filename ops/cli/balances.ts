/** `exchange balances`: what a user has, now or at a point of the past. */

import { balancesAfter, openWallet, readBalances, readTransactions } from "../as-of/read-ledger.ts";
import { withExchange } from "../exchange/connect.ts";
import { asOfOptions, readAccounts, readFormat, readPoint, titleOf } from "./as-of.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

export const balances: OperatorVerb = {
  effects: "reads",
  summary: "show what a user has, now or as of a point of the past",
  help: `Usage: bun run exchange balances USER [--as-of POINT] [--copies DIR] [--json]

USER is an e-mail or a user's id. Prints each account's balances.

POINT is one of
  MARKET:N   after settlement of record N of the market's command log: all that the records up to N led to in that market
             and nothing that later ones did; of all else (deposits, holds, other markets) what is not later than that
             record. An order's ID divided by 1024 is its record, and "exchange book" takes the same N
  T          right after ledger transaction T, as statements and "exchange explain" show it; of an account that has no
             part in T, what is not later than it

A balance at a point is what its last entry up to there says, and so the sum of its entries up to there. Within a balance
entries have one order for ever; between balances of an account, and other markets, their times decide.

  --copies DIR   where "exchange market export" put epochs that were deleted since, when N lies in one
  --json         one JSON object an account

Exit code 1 when there is no such user or point, or its epoch was deleted and no copy is given.`,
  run: async (args) => {
    const options = parseOptions(args, asOfOptions, ["USER"]);
    const [user = ""] = options.positionals;
    await withExchange(async (exchange) => {
      const accounts = await readAccounts(exchange, user);
      const point = await readPoint(exchange, options);
      const format = await readFormat(exchange);
      const wallet = await openWallet(exchange);
      try {
        for (const account of accounts) {
          const { accountId } = account;
          const found =
            point === undefined
              ? await readBalances(wallet, accountId)
              : balancesAfter(await readTransactions(wallet, accountId, point));
          const shown = found.map(({ asset, available, held, version }) => ({
            asset,
            available: format(asset, available),
            held: format(asset, held),
            version,
          }));
          if (options.flag("json")) {
            console.log(
              JSON.stringify({ ...account, asOf: options.text("as-of"), balances: shown }),
            );
            continue;
          }
          console.log(titleOf(account, options));
          for (const { asset, available, held } of shown) {
            console.log(`  ${asset}  ${available} available, ${held} held`);
          }
        }
      } finally {
        await wallet.end();
      }
    });
    return 0;
  },
};
