/** A statement's entries page by page. A page that does not come is asked for again before the statement breaks off. */

import type { StatementEntry, StatementRequest } from "@exchange/wallet/api";

import type { ServiceOutcome } from "../deps.ts";

const ATTEMPTS_MAX = 5;
const RETRY_DELAY_MS = 200;

type Page = readonly StatementEntry[];

export interface StatementPages {
  first(): Promise<ServiceOutcome<Page>>;
  /** This page and all that follow. Throws when one does not come. */
  from(page: Page): AsyncGenerator<Page>;
}

export function createStatementPages(
  read: (request: StatementRequest) => Promise<ServiceOutcome<Page>>,
  range: Omit<StatementRequest, "after">,
): StatementPages {
  return {
    first: async () => await read(range),
    async *from(page) {
      let current = page;
      while (current.length > 0) {
        yield current;
        const last = current.at(-1);
        if (last === undefined) return;
        const { timeMs, transactionId, line } = last;
        current = await readAgain(read, { ...range, after: { timeMs, transactionId, line } });
      }
    },
  };
}

async function readAgain(
  read: (request: StatementRequest) => Promise<ServiceOutcome<Page>>,
  request: StatementRequest,
): Promise<Page> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await read(request);
    if (outcome.kind === "ok") return outcome.value;
    if (attempt === ATTEMPTS_MAX) throw new Error("the ledger does not answer");
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS * attempt));
  }
}
