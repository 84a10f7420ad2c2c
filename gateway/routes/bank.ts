/** What a bank tells by itself. Its signature is all that lets it in, and the wallet looks at that. */

import { answerWith, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountOpen } from "../http/mount.ts";
import { createReader, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { BankNoticeBody, BankReceiptView } from "../schemas/account.ts";

export function mountBank(router: Router): void {
  const { services } = router.deps;

  mountOpen(
    router,
    {
      tag: "money",
      limit: "reads",
      method: "post",
      path: "/v1/bank/notices",
      summary: "A bank tells of a deposit or of a payout",
      description:
        "For the bank: it tells again until it is answered 200. The same notice counts once, for ever.",
      pathFields: noPath,
      query: noQuery,
      headers: noHeaders,
      body: createReader("body", BankNoticeBody),
      successes: { 200: { description: "Noted, now or before.", schema: BankReceiptView } },
      problems: [
        "NO_BANK",
        "BAD_SIGNATURE",
        "BAD_NOTICE",
        "NOTICE_CONFLICT",
        "UNAVAILABLE",
        "OUTCOME_UNKNOWN",
      ],
    },
    async ({ body, traceparent }) =>
      answerWith(await services.noteBank(body, traceparent), "write", (receipt) =>
        success(200, receipt),
      ),
  );
}
