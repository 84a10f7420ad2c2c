/** What a trade does: each side pays from its hold and receives what the other paid, less its fee. */

import type { Side, Trade, TradeParty } from "@exchange/streams/contract";
import { assert, baseAmount, feeOf, holdAmount, quoteAmount } from "@exchange/streams/contract";

import type { SettlementState } from "./hold-use.ts";
import { liveHoldOf, place } from "./hold-use.ts";
import type { Change, LedgerBalance } from "./ledger.ts";
import { balanceOf, post } from "./ledger.ts";

/** Both sides pay from their holds; each receives what the other paid, less its fee to the house. */
export function applyTrade(state: SettlementState, trade: Trade): void {
  const { market, ledger } = state;
  const takerBuys = trade.takerSide === "buy";
  const buyer = takerBuys ? trade.taker : trade.maker;
  const seller = takerBuys ? trade.maker : trade.taker;
  const reference = place(market, trade);
  const paid = spend(state, { trade, party: buyer, side: "buy" });
  const delivered = spend(state, { trade, party: seller, side: "sell" });
  assert(
    paid.consumed === quoteAmount(market, BigInt(trade.priceTicks) * BigInt(trade.qtyLots)) &&
      delivered.consumed === baseAmount(market, trade.qtyLots),
    () => `${reference} consumes another amount than price × quantity`,
  );
  const quoteFee = feeOf(paid.consumed, seller.feePpm);
  const baseFee = feeOf(delivered.consumed, buyer.feePpm);
  const house = `fees.${market.market}` as const;
  post(ledger, {
    reason: "trade",
    reference,
    timeMs: trade.timeMs,
    changes: [
      paid.change,
      credit(balanceOf(ledger, seller.accountId, market.quote), paid.consumed - quoteFee),
      credit(balanceOf(ledger, house, market.quote), quoteFee),
      delivered.change,
      credit(balanceOf(ledger, buyer.accountId, market.base), delivered.consumed - baseFee),
      credit(balanceOf(ledger, house, market.base), baseFee),
    ],
  });
}

interface Spending {
  readonly consumed: ReturnType<typeof holdAmount>;
  readonly change: Change;
}

/** One side of a trade: what leaves its hold, and what of that is free again. */
function spend(
  state: SettlementState,
  { trade, party, side }: { trade: Trade; party: TradeParty; side: Side },
): Spending {
  const { market } = state;
  const hold = liveHoldOf(state, { ...trade, ...party }, side);
  const consumed = holdAmount(market, side, party.consumed);
  const released = holdAmount(market, side, party.released);
  hold.remaining -= consumed + released;
  assert(
    hold.remaining === holdAmount(market, side, party.remaining),
    () =>
      `${place(market, trade)} leaves ${party.remaining}, hold ${hold.holdId} has ${hold.remaining}`,
  );
  if (party.done) {
    assert(
      hold.remaining === 0n,
      () => `${place(market, trade)} is done, hold ${hold.holdId} is not empty`,
    );
    hold.state = "DONE";
  }
  const balance = balanceOf(state.ledger, party.accountId, hold.asset);
  return { consumed, change: { balance, available: released, held: -(consumed + released) } };
}

function credit(balance: LedgerBalance, units: bigint): Change {
  return { balance, available: units, held: 0n };
}
