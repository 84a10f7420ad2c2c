/** What a demo bot wants to quote. Pure: its caller brings the dice. */

export interface QuoteTerms {
  /** Where the price returns to. */
  readonly anchor: number;
  /** Decimals of a price and of a quantity in this market. */
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  /** Mean size, in base. */
  readonly qty: number;
}

export interface Quote {
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly quantity: string;
}

const pullToAnchor = 0.02;
const disagreement = 0.0012;
const halfSpread = 0.0004;
const levelStep = 0.0006;

/**
 * A buy and a sell around the bot's own idea of the price. Two bots disagree by more than their spread
 * now and then, and that is when they trade. `dice` are three numbers in [0, 1).
 */
export function decideQuotes(
  terms: QuoteTerms,
  last: number,
  { level, dice }: { readonly level: number; readonly dice: readonly [number, number, number] },
): readonly [Quote, Quote] {
  const mean = last + (terms.anchor - last) * pullToAnchor;
  const idea = mean * (1 + (dice[0] - 0.5) * 2 * disagreement);
  const distance = idea * (halfSpread + level * levelStep);
  return [
    { side: "buy", price: format(idea - distance), quantity: size(dice[1]) },
    { side: "sell", price: format(idea + distance), quantity: size(dice[2]) },
  ];

  function format(price: number): string {
    return price.toFixed(terms.priceDecimals);
  }

  function size(die: number): string {
    return (terms.qty * (0.5 + die)).toFixed(terms.qtyDecimals);
  }
}
