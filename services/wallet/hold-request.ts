/** Checks of a hold request that protect its neighbours: one that MySQL refuses would fail the whole batch. */

import type { HoldRequest } from "@exchange/streams/contract";
import {
  ASSET_ID_PATTERN,
  CLIENT_ORDER_ID_PATTERN,
  MARKET_ID_PATTERN,
} from "@exchange/streams/contract";

import { parseUnits } from "./funding.ts";

const REQUEST_HASH_PATTERN = /^[0-9a-f]{1,64}$/;
const ATTEMPT_PATTERN = /^[0-9a-f]{1,32}$/;

export function isWellFormed(request: HoldRequest): boolean {
  return (
    Number.isSafeInteger(request.accountId) &&
    request.accountId > 0 &&
    MARKET_ID_PATTERN.test(request.market) &&
    ASSET_ID_PATTERN.test(request.asset) &&
    CLIENT_ORDER_ID_PATTERN.test(request.clientOrderId) &&
    REQUEST_HASH_PATTERN.test(request.requestHash) &&
    ATTEMPT_PATTERN.test(request.attempt) &&
    (request.amount === "0" || parseUnits(request.amount) !== undefined)
  );
}
