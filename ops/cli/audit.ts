/** `exchange audit`: every invariant of the exchange, one line each. */

import type { Check } from "../audit/check.ts";
import { countViolations, formatCheck, formatCount } from "../audit/check.ts";
import { runAudit } from "../audit/run-audit.ts";
import { listMarkets, readMarket, withExchange } from "../exchange/connect.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

export const audit: OperatorVerb = {
  effects: "reads",
  summary: "check every invariant of the exchange",
  help: `Usage: bun run exchange audit [--market MARKET] [--copies DIR] [--json]

Reads the ledger, the orders, the public views, the logs and the engine's snapshots, plays the commands again
and compares everything to the last unit. The exchange may run meanwhile: each store is read at one
moment and compared at its own position. A line an invariant; the last line counts the violations.

  --market MARKET   only this market's logs, orders and views, without the ledger, which belongs to all
  --copies DIR      where "exchange market export" put epochs that were deleted since, so that all is played from the
                    beginning. Without it a market whose epochs were deleted begins with the checkpoint that was
                    verified then; of what came before it, balances and what is held for open orders are compared
  --json            every check as one JSON object

Exit code 1 when an invariant is broken.`,
  run: async (args) => {
    const options = parseOptions(args, { market: "string", copies: "string" }, []);
    const checks: Check[] = [];
    await withExchange(async (exchange) => {
      const only = options.text("market");
      const input = {
        exchange,
        copies: options.text("copies"),
        withLedger: only === undefined,
        listMarkets: async () =>
          only === undefined ? await listMarkets(exchange) : [await readMarket(exchange, only)],
      };
      await runAudit(input, (check) => {
        checks.push(check);
        if (!options.flag("json")) console.log(formatCheck(check));
      });
    });
    const violations = countViolations(checks);
    console.log(options.flag("json") ? formatJson(checks, violations) : formatCount(violations));
    return violations === 0 ? 0 : 1;
  },
};

function formatJson(checks: readonly Check[], violations: number): string {
  const told = checks.map((check) => ({
    check: check.name,
    examined: check.examined,
    violations: check.violations,
    told: check.told,
    note: check.note,
  }));
  return JSON.stringify({ violations, checks: told });
}
