/** What one side of a trade got: quantity, money and fee. */

import type {
  Amount,
  AssetId,
  CommandPosition,
  Market,
  Side,
  Trade,
  TradeParty,
} from "@exchange/streams/contract";
import { baseAmount, feeOf, otherSide, quoteAmount } from "@exchange/streams/contract";

import type { FillRecord } from "./api.ts";

export type FillRole = FillRecord["role"];

export interface Fill {
  readonly tradeCommand: CommandPosition;
  readonly tradeIndex: number;
  readonly party: TradeParty;
  readonly side: Side;
  readonly role: FillRole;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Price × quantity; a trade's is at most its buyer's `spendMax`, so it is exact. */
  readonly tickLots: number;
  readonly fee: Amount;
  readonly timeMs: number;
}

export function fillOf(market: Market, trade: Trade, role: FillRole): Fill {
  const { priceTicks, qtyLots, takerSide, timeMs } = trade;
  const party = trade[role];
  const side = role === "taker" ? takerSide : otherSide(takerSide);
  const tickLots = priceTicks * qtyLots;
  const received = side === "buy" ? baseAmount(market, qtyLots) : quoteAmount(market, tickLots);
  return {
    tradeCommand: trade.command,
    tradeIndex: trade.index,
    party,
    side,
    role,
    priceTicks,
    qtyLots,
    tickLots,
    fee: feeOf(received, party.feePpm),
    timeMs,
  };
}

/** Fees are taken from what a side receives. */
export function feeAssetOf(market: Market, side: Side): AssetId {
  return side === "buy" ? market.base : market.quote;
}

export function tradeIdOf(command: CommandPosition, index: number): string {
  return `${command}-${index}`;
}
