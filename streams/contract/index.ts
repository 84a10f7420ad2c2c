/** The vocabulary every process shares. Pure: it imports nothing. */

export type {
  PlaceOrder,
  PairLeg,
  PlaceOrderPair,
  AmendOrder,
  CancelOrder,
  CancelAllOrders,
  CancelOnDisconnect,
  CancelMarketOrders,
  Tick,
  SetMarketState,
  SetMarketRules,
  ReversedParty,
  ReversedTrade,
  ReverseTrades,
  Command,
  CommandRecord,
} from "./command.ts";
export {
  CANCEL_SLICE_MAX,
  REVERSAL_SLICE_MAX,
  TRIGGER_SLICE_MAX,
  mainAccountOf,
  positionsOf,
  commandAt,
} from "./command.ts";
export type { DecimalRefusal } from "./decimal.ts";
export { parseDecimal, formatDecimal } from "./decimal.ts";
export type {
  HoldTransfer,
  OrderAccepted,
  OrderRejected,
  TradeParty,
  Trade,
  OrderRested,
  OrderUpdated,
  OrderTriggered,
  OrderCancelled,
  OrdersCancelled,
  CommandRejected,
  Ticked,
  AuctionUncrossed,
  MarketStateChanged,
  MarketRulesChanged,
  TradesReversed,
  MarketEvent,
  Position,
  Frame,
} from "./event.ts";
export {
  REVERSED_PER_EVENT_MAX,
  reversedTradeOf,
  GENESIS,
  formatPosition,
  samePosition,
  comparePositions,
} from "./event.ts";
export type { FeeRates, FeeRole } from "./fees.ts";
export { changeFees, FEE_VOLUME_DAYS, feeRatesOf, feeTierOf } from "./fees.ts";
export type {
  HoldRequest,
  HoldState,
  HoldDecision,
  HoldBatch,
  HoldBatchDecisions,
} from "./hold.ts";
export { HOLD_GIVE_UP_MS, holdStates } from "./hold.ts";
export type {
  AccountId,
  HoldId,
  MarketId,
  AssetId,
  CommandPosition,
  MarketPosition,
} from "./ids.ts";
export {
  COMMANDS_PER_RECORD,
  CLIENT_ORDER_ID_PATTERN,
  MARKET_ID_PATTERN,
  ASSET_ID_PATTERN,
  commandPosition,
  sequenceOf,
  indexOf,
  formatMarketPosition,
  parseMarketPosition,
} from "./ids.ts";
export type {
  AssetDefinition,
  FeeTier,
  MarketFees,
  MarketDefinition,
  Market,
  MarketStatus,
  NumberRefusal,
} from "./market.ts";
export {
  GENESIS_STATUS,
  statusAfter,
  createMarket,
  parsePrice,
  parseQty,
  parseBudget,
  formatPrice,
  formatQty,
  baseAmount,
  quoteAmount,
  holdAsset,
  holdAmount,
} from "./market.ts";
export { unreachable, assert } from "./outcome.ts";
export type { EngineRejectCode, CancelReason } from "./reject.ts";
export { engineRejectCodes, cancelReasons } from "./reject.ts";
export type { MarketState, VolatilityHalt, TradingRules } from "./rules.ts";
export { marketStates } from "./rules.ts";
export type {
  Side,
  OrderType,
  TimeInForce,
  Sizing,
  SelfTradePrevention,
  OrderTerms,
} from "./terms.ts";
export {
  ICEBERG_PARTS_MAX,
  orderTypes,
  timesInForce,
  selfTradePreventions,
  otherSide,
  isConditional,
  hasLimitPrice,
} from "./terms.ts";
export type { PriceTicks, QtyLots, SpendUnits, Amount } from "./units.ts";
export {
  PRICE_TICKS_MAX,
  priceTicks,
  qtyLots,
  spendUnits,
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  amount,
  notional,
  feeOf,
} from "./units.ts";
