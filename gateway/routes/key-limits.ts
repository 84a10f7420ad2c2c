/** What an API key may not do with an order, and whose the order is. */

import type { ApiKeyGrant } from "@exchange/identity/api-keys";

import type { Caller } from "../deps.ts";

/** An order as far as it was told, in engine units. */
interface WishedOrder {
  readonly market: string;
  readonly qtyLots?: number;
  readonly priceTicks?: number;
  readonly triggerTicks?: number;
  /** Ticks × lots. */
  readonly budget?: number;
  readonly sessionId?: number;
}

/** Where a limit cannot be told from the request, such as a market order's worth, the order is beyond it. */
export function isBeyondKey({ key }: Caller, order: WishedOrder): boolean {
  if (key === undefined) return false;
  // It ends with its key already.
  if (order.sessionId !== undefined) return true;
  return key.markets !== undefined && isBeyond(key.markets, order);
}

interface Owner {
  readonly accountId: number;
  readonly mainAccountId?: number;
  readonly keyNumber?: number;
  /** The engine counts: gateways do not know of each other's orders. */
  readonly keyOrdersMax?: number;
}

/** Whose order in the market it is, and which orders end with the key. */
export function ownerOf({ accountId, mainAccountId, key }: Caller, market: string): Owner {
  const user = mainAccountId === undefined ? {} : { mainAccountId };
  if (key === undefined) return { accountId, ...user };
  const { openOrdersMax } = key.markets?.find((limits) => limits.market === market) ?? {};
  return {
    accountId,
    ...user,
    keyNumber: key.keyNumber,
    ...(openOrdersMax === undefined ? {} : { keyOrdersMax: openOrdersMax }),
  };
}

function isBeyond(markets: NonNullable<ApiKeyGrant["markets"]>, order: WishedOrder): boolean {
  const limits = markets.find(({ market }) => market === order.market);
  if (limits === undefined) return true;
  const { qtyLotsMax = Infinity, tickLotsMax = Infinity } = limits;
  const { qtyLots, budget } = order;
  if (qtyLotsMax < Infinity && !(qtyLots !== undefined && qtyLots <= qtyLotsMax)) return true;
  return tickLotsMax < Infinity && (budget ?? worthOf(order)) > tickLotsMax;
}

/** By the larger of its prices. Exact, or above every limit there can be. */
function worthOf({ qtyLots, priceTicks, triggerTicks }: WishedOrder): number {
  const price = Math.max(priceTicks ?? 0, triggerTicks ?? 0);
  return qtyLots === undefined || price === 0 ? Infinity : price * qtyLots;
}
