/** An account's entries in the ledger, of any range of time, as they are read. */

import { z } from "@hono/zod-openapi";

import { refusal } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath } from "../http/reader.ts";
import { wholeNumber } from "../schemas/common.ts";
import { StatementView } from "../schemas/statement.ts";
import { statementFormats } from "../views/statement-text.ts";
import { createStatementPages } from "./statement-pages.ts";
import { streamText } from "./stream-text.ts";

const anyTime = { min: 0, max: Number.MAX_SAFE_INTEGER } as const;

const StatementQuery = z.strictObject({
  from: wholeNumber({ ...anyTime, default: anyTime.min }).openapi({
    description: "Milliseconds since 1970.",
  }),
  to: wholeNumber({ ...anyTime, default: anyTime.max }).openapi({
    description: "Milliseconds since 1970: entries before it.",
  }),
  format: z.enum(["csv", "json"]).optional().openapi({ description: "Default `json`." }),
});

export function mountStatements(router: Router): void {
  const { services, markets } = router.deps;

  mountAccount(
    router,
    {
      tag: "money",
      limit: "reads",
      weight: 20,
      scope: "read",
      accounts: "chosen",
      method: "get",
      path: "/v1/statements",
      summary: "The account's entries in the ledger",
      description:
        "All of the range, oldest first, however many; it ends with what the account has when it is asked for. What is available and held in an asset is the sum of the changes of all its entries. " +
        "A trade's entries have the trade's time and are there once it is settled, a moment later: a range that ends a minute ago does not change any more. " +
        "A connection that ends early means that the statement is not whole.",
      pathFields: noPath,
      query: createReader("query", StatementQuery),
      headers: noHeaders,
      body: noBody,
      successes: {
        200: {
          description: "`sums` adds up the changes of the range, by asset.",
          schema: StatementView,
          mediaType: "text/csv",
        },
      },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { accountId }, query, traceparent }) => {
      const range = { accountId, fromMs: query.from, toMs: query.to };
      const pages = createStatementPages(
        async (request) => services.readStatement(request, traceparent),
        range,
      );
      // What can be refused is refused while there is still a status to do it with.
      const first = await pages.first();
      if (first.kind !== "ok") return refusal(first, "read");
      const { mediaType, write } = statementFormats[query.format ?? "json"];
      return {
        kind: "flow",
        status: 200,
        stream: streamText(write(pages.from(first.value), markets)),
        headers: { "content-type": mediaType },
      };
    },
  );
}
