/** Identifiers, their text forms and their limits. */

/** Owner of balances and orders. Random positive safe integer, minted by identity. */
export type AccountId = number;

/** Row key of a hold in the wallet. Positive safe integer. */
export type HoldId = number;

/** `BTC-USD`: base and quote, 2 to 10 capitals or digits each. */
export type MarketId = string;

/** `BTC`: 2 to 10 capitals or digits. */
export type AssetId = string;

/** A command's place in its market's log: stream sequence × 1024 + index. Also the order's id. */
export type CommandPosition = number;

/** Commands in one record; the multiplier of a command's position. */
export const COMMANDS_PER_RECORD = 1024;

export const CLIENT_ORDER_ID_PATTERN = /^[A-Za-z0-9_-]{1,36}$/;
export const MARKET_ID_PATTERN = /^[A-Z0-9]{2,10}-[A-Z0-9]{2,10}$/;
export const ASSET_ID_PATTERN = /^[A-Z0-9]{2,10}$/;

/** Multiplied, never shifted: a shift would cut the product to 32 bits. */
export function commandPosition(sequence: number, index: number): CommandPosition {
  return sequence * COMMANDS_PER_RECORD + index;
}

export function sequenceOf(position: CommandPosition): number {
  return Math.floor(position / COMMANDS_PER_RECORD);
}

export function indexOf(position: CommandPosition): number {
  return position % COMMANDS_PER_RECORD;
}

/** A market and a command position in one text, `BTC-USD:1024`: public order ids and `at` positions. */
export interface MarketPosition {
  readonly market: MarketId;
  readonly position: CommandPosition;
}

export function formatMarketPosition({ market, position }: MarketPosition): string {
  return `${market}:${position}`;
}

/** Returns undefined for anything but `<MARKET>:<positive safe integer>`. */
export function parseMarketPosition(text: string): MarketPosition | undefined {
  const [market = "", digits = "", ...rest] = text.split(":");
  if (rest.length > 0 || !MARKET_ID_PATTERN.test(market) || !/^[1-9]\d{0,15}$/.test(digits)) {
    return undefined;
  }
  const position = Number(digits);
  return Number.isSafeInteger(position) ? { market, position } : undefined;
}
