/** `exchange market`: markets listed, shown, added, opened and halted, and their rules. */

import type { MarketDefinition, MarketState } from "@exchange/streams/contract";

import { listMarkets, readMarket, withExchange, withProvisioning } from "../../exchange/connect.ts";
import type { OperatorVerb } from "../effect.ts";
import { parseOptions, UsageError } from "../options.ts";
import { addMarket } from "./add-market.ts";
import type { Administered } from "./admin-command.ts";
import { administer, clearMarket } from "./admin-command.ts";
import { deleteEpochVerb, epochHelp, epochsVerb, exportVerb } from "./epoch-verbs.ts";
import { approveReversal, denyReversal, listReversals, reversalHelp, reverse } from "./reverse.ts";
import { rotateMarket } from "./rotate.ts";
import { parseRules, ruleHelp, ruleOptions } from "./rules.ts";

const SCALE_DEFAULT = 8;
const FEE_DEFAULTS_PPM = { maker: 1000, taker: 2000 } as const;

/** What an operator says for a state. */
const stateByWord: Readonly<Record<string, MarketState>> = {
  halt: "halted",
  "cancel-only": "cancel-only",
  resume: "continuous",
  "pre-open": "pre-open",
  auction: "auction",
  "post-only": "post-only",
  close: "closed",
};

export const market: OperatorVerb = {
  effects: new Map([
    ["list", "reads"],
    ["show", "reads"],
    ["add", "changes"],
    ...Object.keys(stateByWord).map((word) => [word, "changes"] as const),
    ["rules", "changes"],
    ["clear", "changes"],
    ["rotate", "changes"],
    ["epochs", "reads"],
    ["export", "changes"],
    ["delete-epoch", "changes"],
    ["reverse", "changes"],
    ["approve-reversal", "changes"],
    ["deny-reversal", "changes"],
    ["reversals", "reads"],
  ]),
  summary:
    "list, show, add, open, halt, clear and rotate markets, set their rules, put old logs away",
  help: `Usage: bun run exchange market [list] [--json]
       bun run exchange market show MARKET [--json]
       bun run exchange market add BASE-QUOTE --tick DECIMAL --lot DECIMAL [options]
       bun run exchange market halt|cancel-only|resume|pre-open|post-only|close MARKET
       bun run exchange market auction MARKET [--seconds N]
       bun run exchange market rules MARKET [options]
       bun run exchange market clear MARKET
       bun run exchange market rotate MARKET
       bun run exchange market epochs MARKET [--json]
       bun run exchange market export MARKET EPOCH --to DIR
       bun run exchange market delete-epoch MARKET EPOCH --copy DIR --operator NAME --reason TEXT [--yes]
       bun run exchange market reverse MARKET --from TRADE --to TRADE --reason TEXT --operator NAME [--yes]
       bun run exchange market approve-reversal|deny-reversal ID --reason TEXT --operator NAME [--yes]
       bun run exchange market reversals [--json]

add lists a market without a restart. Tick × lot must be a whole number of the quote asset's smallest units.
  --base-scale N      digits of an asset that is not listed yet (default ${SCALE_DEFAULT})
  --quote-scale N
  --maker-fee-ppm N   parts per million of what is received (default ${FEE_DEFAULTS_PPM.maker})
  --taker-fee-ppm N   (default ${FEE_DEFAULTS_PPM.taker})

halt refuses new orders and lets cancels pass; cancel-only does the same and says so to clients. In pre-open and
auction orders gather; resume and post-only trade what crosses at one price first. An auction with --seconds
resumes by itself. close is for good: only cancels and clear still pass.

rules replaces all rules of the market. What is not given does not apply.
${ruleHelp}

clear cancels the orders of everybody, 1,000 a command.

rotate begins new logs for the market while it trades: orders stay open, and new ones wait for some seconds. Run it
again if it was interrupted; once more than needed does no harm.

${epochHelp}

${reversalHelp}`,
  run: async (given) => {
    const [first = "list", ...rest] = given;
    const isAction = !first.startsWith("-");
    const action = isAction ? first : "list";
    const args = isAction ? rest : given;
    const state = stateByWord[action];
    if (state !== undefined) return await changeState(args, state);
    switch (action) {
      case "list":
        return await list(args);
      case "show":
        return await show(args);
      case "add":
        return await add(args);
      case "rules":
        return await setRules(args);
      case "clear":
        return await clear(args);
      case "rotate":
        return await rotate(args);
      case "epochs":
        return await epochsVerb(args);
      case "export":
        return await exportVerb(args);
      case "delete-epoch":
        return await deleteEpochVerb(args);
      case "reverse":
        return await reverse(args);
      case "approve-reversal":
        return await approveReversal(args);
      case "deny-reversal":
        return await denyReversal(args);
      case "reversals":
        return await listReversals(args);
      default:
        throw new UsageError(`market does not know ${action}.`);
    }
  },
};

async function list(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, []);
  const markets = await withExchange(listMarkets);
  for (const one of markets) print(one, options.flag("json"));
  return 0;
}

async function show(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, ["MARKET"]);
  const [id = ""] = options.positionals;
  const found = await withExchange(async (exchange) => await readMarket(exchange, id));
  print(found, options.flag("json"));
  return 0;
}

async function add(args: readonly string[]): Promise<number> {
  const options = parseOptions(
    args,
    {
      tick: "string",
      lot: "string",
      "base-scale": "string",
      "quote-scale": "string",
      "maker-fee-ppm": "string",
      "taker-fee-ppm": "string",
    },
    ["BASE-QUOTE"],
  );
  const [id = ""] = options.positionals;
  const added = await withProvisioning(
    async (connection) =>
      await addMarket(connection, {
        market: id,
        tick: options.required("tick"),
        lot: options.required("lot"),
        baseScale: options.count("base-scale", SCALE_DEFAULT),
        quoteScale: options.count("quote-scale", SCALE_DEFAULT),
        makerFeePpm: options.count("maker-fee-ppm", FEE_DEFAULTS_PPM.maker),
        takerFeePpm: options.count("taker-fee-ppm", FEE_DEFAULTS_PPM.taker),
      }),
  );
  print(added, options.flag("json"));
  return 0;
}

async function changeState(args: readonly string[], state: MarketState): Promise<number> {
  const isAuction = state === "auction";
  const options = parseOptions(args, isAuction ? { seconds: "string" } : {}, ["MARKET"]);
  const [id = ""] = options.positionals;
  const isTimed = isAuction && options.text("seconds") !== undefined;
  const untilMs = Date.now() + options.count("seconds", 1) * 1000;
  const changed = await withExchange(async (exchange) =>
    administer(exchange.connection, await readMarket(exchange, id), (definitionVersion) => ({
      kind: "SetMarketState",
      state,
      definitionVersion,
      ...(isTimed && { auctionUntilMs: untilMs }),
    })),
  );
  return showChange(changed, options.flag("json"));
}

async function setRules(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, ruleOptions, ["MARKET"]);
  const [id = ""] = options.positionals;
  const changed = await withExchange(async (exchange) => {
    const found = await readMarket(exchange, id);
    const rules = parseRules(found, options);
    return administer(exchange.connection, found, (definitionVersion) => ({
      kind: "SetMarketRules",
      rules,
      definitionVersion,
    }));
  });
  return showChange(changed, options.flag("json"));
}

/** The change is made either way; whether it is shown is another service's work. */
function showChange({ definition, isShown }: Administered, json: boolean): number {
  print(definition, json);
  if (!isShown) console.error("The market list does not show it yet: is the market service up?");
  return 0;
}

async function clear(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, ["MARKET"]);
  const [id = ""] = options.positionals;
  const cancelled = await withExchange(async (exchange) =>
    clearMarket(exchange.connection, await readMarket(exchange, id)),
  );
  console.log(options.flag("json") ? JSON.stringify({ cancelled }) : `${cancelled} cancelled`);
  return 0;
}

async function rotate(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, ["MARKET"]);
  const [id = ""] = options.positionals;
  const isJson = options.flag("json");
  const epoch = await withExchange(async (exchange) => {
    const found = await readMarket(exchange, id);
    return await withProvisioning(async (provision) =>
      rotateMarket({ exchange, provision, market: found }, (step) => {
        if (!isJson) console.log(`${id}: ${step} ...`);
      }),
    );
  });
  console.log(isJson ? JSON.stringify({ market: id, epoch }) : `${id} is in epoch ${epoch}`);
  return 0;
}

function print(definition: MarketDefinition, json: boolean): void {
  const { market: id, base, quote, tick, lot, makerFeePpm, takerFeePpm, state } = definition;
  const { version, epoch, rules = {} } = definition;
  if (json) {
    const fields = { market: id, base, quote, tick, lot, makerFeePpm, takerFeePpm };
    console.log(JSON.stringify({ ...fields, state, rules, version, epoch }));
    return;
  }
  const fees = `fees ${makerFeePpm}/${takerFeePpm} ppm`;
  console.log(`${id}  ${state}  tick ${tick}  lot ${lot}  ${fees}  version ${version}`);
}
