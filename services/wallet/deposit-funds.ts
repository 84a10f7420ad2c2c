/** Test funds: money that nobody paid in. */

import type { Reply } from "@exchange/streams/runtime";

import type { Deposit, DepositRequest } from "./api.ts";
import { creditDeposit } from "./credit-deposit.ts";
import { parseUnits } from "./funding.ts";
import type { FundingDeps } from "./move-funds.ts";

export async function depositFunds(
  deps: FundingDeps & { readonly testFunds: boolean },
  request: DepositRequest,
): Promise<Reply<Deposit>> {
  const { accountId, asset, idempotencyKey } = request;
  if (!deps.testFunds) return { kind: "refused", code: "TEST_FUNDS_OFF" };
  if (deps.asset(asset) === undefined) return { kind: "refused", code: "UNKNOWN_ASSET" };
  const units = parseUnits(request.amount);
  if (units === undefined) return { kind: "refused", code: "AMOUNT_OUT_OF_RANGE" };
  return await creditDeposit(deps, { accountId, asset, units, name: { idempotencyKey } });
}
