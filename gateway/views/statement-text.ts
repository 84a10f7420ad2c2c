/** A statement as text, a page at a time. */

import type { AssetId } from "@exchange/streams/contract";
import type { StatementEntry } from "@exchange/wallet/api";

import type { Markets } from "../deps.ts";
import { viewAmount } from "./money-view.ts";

type Pages = AsyncIterable<readonly StatementEntry[]>;
type Writer = (pages: Pages, markets: Markets) => AsyncGenerator<string>;

export const statementFormats: Readonly<
  Record<"csv" | "json", { readonly mediaType: string; readonly write: Writer }>
> = {
  csv: { mediaType: "text/csv; charset=utf-8", write: writeCsv },
  json: { mediaType: "application/json", write: writeJson },
};

/** None of them needs quotes: numbers, ids and names of a harmless alphabet. */
const columns = [
  "id",
  "timeMs",
  "reason",
  "reference",
  "asset",
  "availableChange",
  "heldChange",
  "available",
  "held",
] as const;

async function* writeCsv(pages: Pages, markets: Markets): AsyncGenerator<string> {
  yield `${columns.join(",")}\r\n`;
  for await (const page of pages) {
    yield page
      .map((entry) => viewEntry(markets, entry))
      .map((view) => `${columns.map((column) => view[column]).join(",")}\r\n`)
      .join("");
  }
}

async function* writeJson(pages: Pages, markets: Markets): AsyncGenerator<string> {
  const sums = new Map<AssetId, { available: bigint; held: bigint }>();
  let separator = "";
  yield '{"entries":[';
  for await (const page of pages) {
    for (const { asset, availableChange, heldChange } of page) {
      const sum = sums.get(asset) ?? { available: 0n, held: 0n };
      sum.available += BigInt(availableChange);
      sum.held += BigInt(heldChange);
      sums.set(asset, sum);
    }
    const entries = page.map((entry) => JSON.stringify(viewEntry(markets, entry)));
    yield `${separator}${entries.join(",")}`;
    separator = ",";
  }
  const views = [...sums].map(([asset, { available, held }]) => ({
    asset,
    availableChange: viewAmount(markets, asset, String(available)),
    heldChange: viewAmount(markets, asset, String(held)),
  }));
  yield `],"sums":${JSON.stringify(views)}}`;
}

function viewEntry(markets: Markets, entry: StatementEntry) {
  const { asset } = entry;
  return {
    id: `${entry.transactionId}-${entry.line}`,
    timeMs: entry.timeMs,
    reason: entry.reason,
    reference: entry.reference,
    asset,
    availableChange: viewAmount(markets, asset, entry.availableChange),
    heldChange: viewAmount(markets, asset, entry.heldChange),
    available: viewAmount(markets, asset, entry.available),
    held: viewAmount(markets, asset, entry.held),
  };
}
