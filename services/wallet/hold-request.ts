/** Checks of a hold request that protect its neighbours: one that MySQL refuses would fail the whole batch. */

import type { HoldRequest } from "@exchange/streams/contract";
import { ASSET_ID_PATTERN, mainAccountOf, MARKET_ID_PATTERN } from "@exchange/streams/contract";

import { parseUnits } from "./funding.ts";

/** A client order id, or an amend's id behind an at sign. */
const HOLD_KEY_PATTERN = /^(?:[A-Za-z0-9_-]{1,36}|@[A-Za-z0-9_-]{1,35})$/;
const REQUEST_HASH_PATTERN = /^[0-9a-f]{1,64}$/;
const ATTEMPT_PATTERN = /^[0-9a-f]{1,32}$/;

export function isWellFormed(request: HoldRequest): boolean {
  return (
    Number.isSafeInteger(request.accountId) &&
    request.accountId > 0 &&
    Number.isSafeInteger(mainAccountOf(request)) &&
    MARKET_ID_PATTERN.test(request.market) &&
    ASSET_ID_PATTERN.test(request.asset) &&
    HOLD_KEY_PATTERN.test(request.clientOrderId) &&
    REQUEST_HASH_PATTERN.test(request.requestHash) &&
    ATTEMPT_PATTERN.test(request.attempt) &&
    (request.amount === "0" || parseUnits(request.amount) !== undefined)
  );
}
