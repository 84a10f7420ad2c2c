/** That an account's balances are among what the exchange says it owes. */

import { problem, refusal, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { LiabilityProofView } from "../schemas/liability.ts";
import { viewAmount } from "../views/money-view.ts";

export function mountLiabilities(router: Router): void {
  const { services, markets } = router.deps;

  mountAccount(
    router,
    {
      tag: "money",
      limit: "reads",
      scope: "read",
      accounts: "chosen",
      method: "get",
      path: "/v1/proof-of-liabilities",
      summary: "That the account's balances are among what the exchange owes",
      description:
        "Of the newest report: each balance with its path to the root of a tree over everybody's, whose nodes carry sums. " +
        "`ops/liabilities/verify-proof.ts` checks it against the roots that the exchange published, without anything of the exchange.",
      pathFields: noPath,
      query: noQuery,
      headers: noHeaders,
      body: noBody,
      successes: {
        200: {
          description: "No row for an asset of which there was none.",
          schema: LiabilityProofView,
        },
      },
      problems: ["NO_LIABILITIES_REPORT", "UNAVAILABLE"],
    },
    async ({ identity: { accountId }, traceparent }) => {
      const outcome = await services.readLiabilityProof({ accountId }, traceparent);
      if (outcome.kind !== "ok") return refusal(outcome, "read");
      if (outcome.value === null) return problem("NO_LIABILITIES_REPORT");
      const { proven, ...report } = outcome.value;
      const balances = proven.map((one) => ({
        ...one,
        balance: viewAmount(markets, one.asset, one.units),
      }));
      return success(200, { ...report, balances });
    },
  );
}
