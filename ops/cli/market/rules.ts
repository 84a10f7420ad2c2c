/** Trading rules as an operator writes them: decimals and percentages of the market, not ticks and lots. */

import type { Market, SelfTradePrevention, TradingRules } from "@exchange/streams/contract";
import {
  parseBudget,
  parsePrice,
  parseQty,
  selfTradePreventions,
} from "@exchange/streams/contract";

import type { Parsed } from "../options.ts";
import { UsageError } from "../options.ts";

const HALT_DEFAULTS_MS = { window: 60_000, auction: 300_000 } as const;

export const ruleOptions = {
  "min-notional": "string",
  "max-quantity": "string",
  "max-open-orders": "string",
  "self-trade": "string",
  "collar-ppm": "string",
  reference: "string",
  "halt-band-ppm": "string",
  "halt-window-ms": "string",
  "halt-auction-ms": "string",
} as const;

export const ruleHelp = `  --min-notional DECIMAL    smallest price × quantity, in quote units
  --max-quantity DECIMAL    largest quantity of an order, in base units
  --max-open-orders N       open orders of one account
  --self-trade MODE         ${selfTradePreventions.join(", ")}
  --collar-ppm N            how far a price may be from the last one, parts per million
  --reference DECIMAL       stands for the last price until something trades
  --halt-band-ppm N         trading stops before it is so far from the window's first price
  --halt-window-ms N        (default ${HALT_DEFAULTS_MS.window})
  --halt-auction-ms N       how long orders gather before the auction (default ${HALT_DEFAULTS_MS.auction})`;

/** Refuses what would have to be rounded. */
export function parseRules(market: Market, options: Parsed): TradingRules {
  const notionalMin = number(options, "min-notional", (text) => parseBudget(market, text));
  const qtyMaxLots = number(options, "max-quantity", (text) => parseQty(market, text));
  const referenceTicks = number(options, "reference", (text) => parsePrice(market, text));
  const selfTradePrevention = prevention(options.text("self-trade"));
  const openOrdersMax = count(options, "max-open-orders");
  const collarPpm = count(options, "collar-ppm");
  const bandPpm = count(options, "halt-band-ppm");
  return {
    ...(notionalMin !== undefined && { notionalMin }),
    ...(qtyMaxLots !== undefined && { qtyMaxLots }),
    ...(openOrdersMax !== undefined && { openOrdersMax }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
    ...(collarPpm !== undefined && { collarPpm }),
    ...(referenceTicks !== undefined && { referenceTicks }),
    ...(bandPpm !== undefined && {
      volatilityHalt: {
        bandPpm,
        windowMs: options.count("halt-window-ms", HALT_DEFAULTS_MS.window),
        auctionMs: options.count("halt-auction-ms", HALT_DEFAULTS_MS.auction),
      },
    }),
  };
}

function number<Value extends number>(
  options: Parsed,
  name: string,
  parse: (text: string) => Value | string,
): Value | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  const value = parse(text);
  if (typeof value === "string") throw new UsageError(`--${name} ${text}: ${value}.`);
  return value;
}

function count(options: Parsed, name: string): number | undefined {
  return options.text(name) === undefined ? undefined : options.count(name, 1);
}

function prevention(word: string | undefined): SelfTradePrevention | undefined {
  const mode = selfTradePreventions.find((candidate) => candidate === word);
  if (word !== undefined && mode === undefined) {
    throw new UsageError(`--self-trade ${word} is none of ${selfTradePreventions.join(", ")}.`);
  }
  return mode;
}
