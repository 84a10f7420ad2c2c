/** What identity would give to anybody, and a frozen user does not get. Orders and money the wallet refuses by itself. */

import type { Services } from "../deps.ts";
import type { Problem } from "../http/answer.ts";
import { problem, refusal } from "../http/answer.ts";

/** Undefined where none of the accounts is frozen. */
export async function refuseFrozen(
  services: Pick<Services, "readFrozen">,
  accountIds: readonly number[],
  traceparent: string | undefined,
): Promise<Problem | undefined> {
  const frozen = await services.readFrozen({ accountIds }, traceparent);
  if (frozen.kind !== "ok") return refusal(frozen, "read");
  return frozen.value.length > 0 ? problem("ACCOUNT_FROZEN") : undefined;
}
