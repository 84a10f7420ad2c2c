/** Mistakes that matching engines make, in the book that runs. The suite is as good as the bugs it catches. */

import type { Edit } from "./plant.ts";

export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly [Edit, ...Edit[]];
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a queue is served last in, first out",
    edits: [{ file: "core/match-orders.ts", find: "  HEAD,\n", replace: "  TAIL as HEAD,\n" }],
  },
  {
    name: "the best price is stale: an order that just reaches it rests beside it",
    edits: [
      {
        file: "core/match-orders.ts",
        find: "(ints[best + KEY] ?? 0) < keyOf(memory, makers",
        replace: "(ints[best + KEY] ?? 0) <= keyOf(memory, makers",
      },
    ],
  },
  {
    name: "self-trade prevention is skipped",
    edits: [
      {
        file: "core/match-orders.ts",
        find: "if (preventionOf(memory, taker) === NO_PREVENTION) return false;",
        replace: "return false;",
      },
    ],
  },
  {
    name: "self-trade prevention looks at the maker's account and not at its user",
    edits: [
      {
        file: "core/match-orders.ts",
        find: "mainAccountIn(memory, maker, ownerOf(memory, maker)) === takers",
        replace: "ownerOf(memory, maker) === takers",
      },
    ],
  },
  {
    name: "a trade takes the taker's price",
    edits: [
      {
        file: "core/trades.ts",
        find: "const price = priceOf(memory, ints[maker + LEVEL] ?? 0);\n  const lots",
        replace: "const price = ints[taker + LEVEL] ?? 0;\n  const lots",
      },
    ],
  },
  {
    name: "the remainder of a partly filled order is lost",
    edits: [
      {
        file: "core/match-orders.ts",
        find: "restOrder(memory, order);\n  else cancelOrder(memory, order, stop);",
        replace: "dropOrder(memory, order);\n  else cancelOrder(memory, order, stop);",
      },
    ],
  },
  {
    name: "an iceberg keeps its turn when it is refreshed",
    edits: [
      {
        file: "core/rest-orders.ts",
        find: "  leaveQueue(memory, order);\n  restOrder(memory, order);",
        replace:
          "  memory.floats[((ints[order + EXTRA] ?? 0) >> 1) + EXTRA_SHOWN] = floats[(order >> 1) + OPEN_LOTS] ?? 0;",
      },
    ],
  },
  {
    name: "an order expires a millisecond late",
    edits: [
      {
        file: "core/apply-command.ts",
        find: "expireTimeOf(memory, order) > timeMs",
        replace: "expireTimeOf(memory, order) >= timeMs",
      },
    ],
  },
  {
    name: "stops are set off on the wrong side",
    edits: [
      {
        file: "core/waiting-orders.ts",
        find: "(((ints[order + TRAITS] ?? 0) & trait.buy) !== 0) !== isTouched",
        replace: "(((ints[order + TRAITS] ?? 0) & trait.buy) !== 0) === isTouched",
      },
    ],
  },
  {
    name: "fill-or-kill is let in when it fills in part",
    edits: [
      {
        file: "core/book-view.ts",
        find: "    return lots >= terms.qtyLots;\n  }",
        replace: "    return lots > 0;\n  }",
      },
    ],
  },
  {
    name: "an amend that decreases loses its place",
    edits: [
      { file: "core/amendment.ts", find: "openLots <= order.openLots;", replace: "openLots < 0;" },
    ],
  },
  {
    name: "an amend takes more than is held for it",
    edits: [
      {
        file: "core/amendment.ts",
        find: "need > order.need + heldUnits",
        replace: "need > order.need + 2 * heldUnits",
      },
    ],
  },
  {
    name: "the other leg of a pair is forgotten when one trades",
    edits: [
      {
        file: "core/trades.ts",
        find: "!== 0) cancelOtherLeg(memory, maker);",
        replace: "!== 0) void maker;",
      },
    ],
  },
  {
    name: "a buyer below its limit does not get the difference back",
    edits: [
      {
        file: "core/trades.ts",
        find: "isBuy && !hasBudget ? ((ints[taker + LEVEL] ?? 0) - price) * lots : 0;",
        replace: "0;",
      },
    ],
  },
  {
    name: "a budget buys a lot more than it pays for",
    edits: [
      {
        file: "core/trades.ts",
        find: "(budget - (budget % price)) / price",
        replace: "Math.ceil(budget / price)",
      },
    ],
  },
  {
    name: "an auction ignores what is left over",
    edits: [
      {
        file: "core/call-auction.ts",
        find: "if (tilt !== least) return tilt < least;",
        replace: "",
      },
    ],
  },
  {
    name: "trailing stops follow the price back",
    edits: [
      {
        file: "core/waiting-orders.ts",
        find: "isBuy ? lastTicks < trailed : lastTicks > trailed",
        replace: "lastTicks !== trailed",
      },
    ],
  },
];
