/** A statement's entries page by page. A page that does not come is asked for again before the statement breaks off. */

import type { StatementEntry, StatementPage, StatementRequest } from "@exchange/wallet/api";

import type { ServiceOutcome } from "../deps.ts";

const ATTEMPTS_MAX = 5;
const RETRY_DELAY_MS = 200;

type Entries = readonly StatementEntry[];

export interface StatementPages {
  first(): Promise<ServiceOutcome<StatementPage>>;
  /** The entries of this page and all that follow. Throws when one does not come. */
  from(page: StatementPage): AsyncGenerator<Entries>;
}

export function createStatementPages(
  read: (request: StatementRequest) => Promise<ServiceOutcome<StatementPage>>,
  range: Omit<StatementRequest, "after">,
): StatementPages {
  return {
    first: async () => await read(range),
    async *from({ entries, toMs }) {
      let current = entries;
      for (;;) {
        const last = current.at(-1);
        if (last === undefined) return;
        yield current;
        const { timeMs, transactionId, line } = last;
        const after = { timeMs, transactionId, line };
        ({ entries: current } = await readAgain(read, { ...range, toMs, after }));
      }
    },
  };
}

async function readAgain(
  read: (request: StatementRequest) => Promise<ServiceOutcome<StatementPage>>,
  request: StatementRequest,
): Promise<StatementPage> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await read(request);
    if (outcome.kind === "ok") return outcome.value;
    if (attempt === ATTEMPTS_MAX) throw new Error("the ledger does not answer");
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS * attempt));
  }
}
