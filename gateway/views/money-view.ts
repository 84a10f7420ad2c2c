/** Balances, deposits and withdrawals in decimals, for REST and for the WebSocket feed. */

import type { AssetId } from "@exchange/streams/contract";
import { assert, formatDecimal } from "@exchange/streams/contract";
import type { Balance } from "@exchange/wallet/api";

import type { Markets } from "../deps.ts";

export interface BalanceView {
  readonly asset: AssetId;
  readonly available: string;
  readonly held: string;
}

export function viewBalance(markets: Markets, balance: Balance): BalanceView {
  return {
    asset: balance.asset,
    available: viewAmount(markets, balance.asset, balance.available),
    held: viewAmount(markets, balance.asset, balance.held),
  };
}

/** `units` are smallest units as text. Money of an asset that was never listed cannot exist. */
export function viewAmount(markets: Markets, asset: AssetId, units: string): string {
  const definition = markets.asset(asset);
  assert(definition !== undefined, `asset ${asset} is not listed`);
  return formatDecimal(BigInt(units), definition.scale);
}
