/** Mistakes that matching engines make. The suite is as good as the bugs it catches. */

import type { Edit } from "./plant.ts";

export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly [Edit, ...Edit[]];
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "a queue is served last in, first out",
    edits: [
      {
        file: "core/naive-state.ts",
        find: "? other.priceTicks < order.priceTicks",
        replace: "? other.priceTicks <= order.priceTicks",
      },
      {
        file: "core/naive-state.ts",
        find: ": other.priceTicks > order.priceTicks",
        replace: ": other.priceTicks >= order.priceTicks",
      },
    ],
  },
  {
    name: "the best price is stale: a cancelled order stays in the book",
    edits: [
      {
        file: "core/naive-cancel.ts",
        find: "  state.remove(order);\n",
        replace: '  if (reason !== "requested") state.remove(order);\n',
      },
    ],
  },
  {
    name: "self-trade prevention is skipped",
    edits: [
      {
        file: "core/naive-match.ts",
        find: 'mode === "none" || maker.accountId !== taker.accountId',
        replace: 'mode !== "decrement" || maker.accountId !== taker.accountId',
      },
    ],
  },
  {
    name: "a trade takes the taker's price",
    edits: [
      {
        file: "core/naive-match.ts",
        find: "const { priceTicks } = maker;\n  const makerParty",
        replace: "const { priceTicks } = taker;\n  const makerParty",
      },
    ],
  },
  {
    name: "the remainder of a partly filled order is lost",
    edits: [
      {
        file: "core/naive-match.ts",
        find: "if (goesOn && mayRest(taker)) rest(state, taker);",
        replace:
          "if (goesOn && taker.openLots < taker.qtyLots) return;\n  if (goesOn && mayRest(taker)) rest(state, taker);",
      },
    ],
  },
  {
    name: "an iceberg keeps its turn when it is refreshed",
    edits: [
      {
        file: "core/naive-match.ts",
        find: "  state.remove(order);\n  if (order.openLots > 0) rest(state, order);",
        replace:
          "  if (order.openLots > 0) order.shownLots = order.openLots;\n  else state.remove(order);",
      },
    ],
  },
  {
    name: "an order expires a millisecond late",
    edits: [
      {
        file: "core/naive-book.ts",
        find: "expireTimeMs <= timeMs)",
        replace: "expireTimeMs < timeMs)",
      },
    ],
  },
  {
    name: "stops are set off on the wrong side",
    edits: [
      {
        file: "core/triggers.ts",
        find: '(side === "buy") !== isTouched',
        replace: '(side === "buy") === isTouched',
      },
    ],
  },
  {
    name: "fill-or-kill is let in when it fills in part",
    edits: [
      {
        file: "core/naive-view.ts",
        find: "lots >= terms.qtyLots",
        replace: "lots > 0",
      },
    ],
  },
  {
    name: "an amend that decreases loses its place",
    edits: [
      {
        file: "core/amendment.ts",
        find: "openLots <= order.openLots;",
        replace: "openLots < 0;",
      },
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
        file: "core/naive-match.ts",
        find: "  cancelOtherLeg(state, maker);\n  const { priceTicks } = maker;",
        replace: "  const { priceTicks } = maker;",
      },
    ],
  },
  {
    name: "a buyer below its limit does not get the difference back",
    edits: [
      {
        file: "core/naive-match.ts",
        find: "released: assertSpendUnits(before - consumed - remaining),",
        replace: "released: assertSpendUnits(0),",
      },
    ],
  },
  {
    name: "a budget buys a lot more than it pays for",
    edits: [
      {
        file: "core/naive-match.ts",
        find: "(budget - (budget % priceTicks)) / priceTicks",
        replace: "Math.ceil(budget / priceTicks)",
      },
    ],
  },
  {
    name: "an auction ignores what is left over",
    edits: [
      {
        file: "core/naive-auction.ts",
        find: "        Math.abs(left.imbalance) - Math.abs(right.imbalance) ||\n",
        replace: "",
      },
    ],
  },
  {
    name: "trailing stops follow the price back",
    edits: [
      {
        file: "core/naive-trigger.ts",
        find: "if (isCloser) order.triggerTicks = moved;",
        replace: "if (isCloser || moved > 0) order.triggerTicks = moved;",
      },
    ],
  },
];
