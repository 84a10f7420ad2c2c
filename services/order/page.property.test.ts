import { expect, test } from "bun:test";

import fc from "fast-check";

import type { Page } from "./api.ts";
import type { PageEnd } from "./page.ts";
import { boundOf, comparePageEnds, decodeCursor, encodeCursor, pageOf } from "./page.ts";

const markets = ["AAA-USD", "BBB-USD", "CCC-USD"];

const anyRow: fc.Arbitrary<PageEnd> = fc.record({
  timeMs: fc.nat(5),
  market: fc.constantFrom(...markets),
  place: fc.tuple(fc.nat(20)),
});

/** What a market's statement returns, by the bound's own words. */
function select(rows: readonly PageEnd[], end: PageEnd | undefined, limit: number): PageEnd[] {
  return markets.flatMap((market) => {
    const bound = boundOf(end, market);
    return rows
      .filter((row) => row.market === market)
      .filter((row) => {
        if (bound === undefined || row.timeMs < bound.beforeMs) return true;
        if (row.timeMs > bound.beforeMs || bound.atThatTime === "none") return false;
        return bound.atThatTime === "all" || (row.place[0] ?? 0) < (bound.atThatTime[0] ?? 0);
      })
      .toSorted(comparePageEnds)
      .slice(0, limit);
  });
}

test("walking the pages shows every row once, newest first", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyRow, { selector: (row) => JSON.stringify(row), maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      (rows, limit) => {
        const seen: PageEnd[] = [];
        let end: PageEnd | undefined;
        for (let pages = 0; pages <= rows.length; pages += 1) {
          const page: Page<PageEnd> = pageOf(select(rows, end, limit + 1), limit, (row) => row);
          seen.push(...page.rows);
          if (page.nextCursor === undefined) break;
          end = decodeCursor(page.nextCursor, 1);
        }
        expect(seen).toEqual(rows.toSorted(comparePageEnds));
      },
    ),
  );
});

test("a cursor comes back as it was", () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      const cursor = encodeCursor(row);
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeCursor(cursor, 1)).toEqual({ ...row, place: [...row.place] });
    }),
  );
});

test("text that is no cursor is refused", () => {
  const foreign = ["", "x", "bnVsbA", encodeCursor({ timeMs: 1, market: "A", place: [1, 2] })];
  for (const text of foreign) expect(decodeCursor(text, 1)).toBeUndefined();
  fc.assert(fc.property(fc.string(), (text) => decodeCursor(text, 3) === undefined));
});
