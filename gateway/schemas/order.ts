/** Orders and fills as clients write and read them. */

import {
  cancelReasons,
  engineRejectCodes,
  orderTypes,
  selfTradePreventions,
  timesInForce,
} from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import {
  AssetName,
  ClientOrderId,
  Decimal,
  MarketName,
  NextCursor,
  PositionText,
  TimeMs,
} from "./common.ts";

const Side = z.enum(["buy", "sell"]);
const SelfTradePrevention = z.enum(selfTradePreventions);

/** What one order is, but for its side and size. The numbers and what goes with what are the order reader's part. */
const orderFields = {
  type: z.enum(orderTypes).openapi({
    description: `\`stop-*\` wait until the market trades at the trigger price or worse, \`*-if-touched\` (take-profit) there or
better. A trailing stop's trigger follows the last price at \`trailingOffset\`.`,
  }),
  timeInForce: z.enum(timesInForce).optional().openapi({
    description: "GTC when absent. A market order is always IOC. GTD with `expireTimeMs`.",
  }),
  postOnly: z.boolean().optional().openapi({
    description: "Rejected instead of traded at once. Only with a GTC or GTD limit order.",
  }),
  postOnlySlide: z.boolean().optional().openapi({
    description: "With `postOnly`: rests a tick from the other side instead of being rejected.",
  }),
  price: Decimal.optional().openapi({ description: "Limit price, in quote units." }),
  protectionPrice: Decimal.optional().openapi({
    description:
      "Worst price of an order without a limit price; derived from its trigger or the last trade when absent.",
  }),
  triggerPrice: Decimal.optional().openapi({ description: "Sets a waiting order off." }),
  trailingOffset: Decimal.optional().openapi({
    description: "Of a trailing stop: its distance from the last price, in quote units.",
  }),
  displayQuantity: Decimal.optional().openapi({
    description: "Iceberg: the most it shows at a time. Only with a GTC or GTD limit order.",
  }),
  expireTimeMs: z.int().positive().optional().openapi({
    description: "With GTD: when it is over, milliseconds since 1970 by the market's clock.",
  }),
  selfTradePrevention: SelfTradePrevention.optional().openapi({
    description: "Instead of a trade with an order of the same account. The market's when absent.",
  }),
} as const;

/** As a connection opened it: `gateway/feed/README.md`. */
const SessionId = z.int().positive();

const sessionField = {
  sessionId: SessionId.optional().openapi({
    description:
      "Cancelled when this session of the account ends: `cancelOnDisconnect` on the WebSocket.",
  }),
} as const;

/** The shape only. */
export const PlaceOrderBody = z
  .strictObject({
    market: MarketName,
    clientOrderId: ClientOrderId.optional(),
    side: Side,
    ...orderFields,
    quantity: Decimal.optional().openapi({ description: "In base units." }),
    budget: Decimal.optional().openapi({
      description: "Of a buy without a limit price, in quote units, instead of a quantity.",
    }),
    ...sessionField,
  })
  .openapi("PlaceOrder", {
    example: {
      market: "BTC-USD",
      clientOrderId: "my-order-1",
      side: "buy",
      type: "limit",
      price: "230.50",
      quantity: "0.25",
    },
  });

const { type: _, displayQuantity: __, postOnlySlide: ___, ...legFields } = orderFields;

/** Side and quantity are the pair's. */
export const PlacePairBody = z
  .strictObject({
    market: MarketName,
    clientOrderId: ClientOrderId.optional().openapi({
      description: "Of the take-profit, and what a repeat is told by. The stop's is always minted.",
    }),
    side: Side,
    quantity: Decimal,
    takeProfit: z.strictObject({
      type: z.enum(["limit", "limit-if-touched", "market-if-touched"]),
      ...legFields,
    }),
    stopLoss: z.strictObject({
      type: z.enum(["stop-market", "stop-limit", "trailing-stop-market"]),
      ...legFields,
    }),
    ...sessionField,
  })
  .openapi("PlaceOrderPair", {
    example: {
      market: "BTC-USD",
      side: "sell",
      quantity: "0.25",
      takeProfit: { type: "limit", price: "260.00" },
      stopLoss: { type: "stop-market", triggerPrice: "210.00" },
    },
  });

export const AmendOrderBody = z
  .strictObject({
    amendId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,35}$/)
      .optional()
      .openapi({
        description:
          "What a repeat is told by: with it the amend is made at most once, without it each request is an amend of its own.",
      }),
    price: Decimal.optional().openapi({ description: "Unchanged when absent." }),
    quantity: Decimal.optional().openapi({
      description: "The whole, filled part included. Unchanged when absent.",
    }),
  })
  .openapi("AmendOrder", { example: { quantity: "0.20" } });

export const OrderView = z
  .strictObject({
    id: PositionText.optional().openapi({ description: "Absent until the log has the order." }),
    clientOrderId: z.string(),
    market: MarketName,
    side: Side,
    type: z.enum(orderTypes),
    timeInForce: z.enum(timesInForce),
    postOnly: z.boolean(),
    postOnlySlide: z.boolean().optional(),
    price: Decimal.optional(),
    protectionPrice: Decimal.optional(),
    triggerPrice: Decimal.optional(),
    trailingOffset: Decimal.optional(),
    quantity: Decimal.optional(),
    displayQuantity: Decimal.optional(),
    budget: Decimal.optional(),
    expireTimeMs: TimeMs.optional(),
    selfTradePrevention: SelfTradePrevention.optional(),
    linkedOrderId: PositionText.optional().openapi({
      description: "The other order of its one-cancels-other pair.",
    }),
    replaces: PositionText.optional().openapi({ description: "The order that gave way to it." }),
    state: z.enum(["PENDING", "OPEN", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"]),
    filledQuantity: Decimal,
    filledValue: Decimal.openapi({ description: "Sum of price × quantity, in quote units." }),
    fee: Decimal,
    feeAsset: AssetName,
    rejectCode: z.enum(engineRejectCodes).optional(),
    cancelReason: z.enum(cancelReasons).optional(),
    triggeredMs: TimeMs.optional().openapi({ description: "When its trigger set it off." }),
    createdMs: TimeMs.openapi({ description: "By the market's clock; 0 while pending." }),
    updatedMs: TimeMs,
  })
  .openapi("Order");

export type OrderView = z.infer<typeof OrderView>;

export const FillView = z
  .strictObject({
    market: MarketName,
    tradeId: z.string().openapi({ description: "The same for both sides of a trade." }),
    orderId: PositionText,
    clientOrderId: z.string(),
    side: Side,
    role: z.enum(["maker", "taker"]),
    price: Decimal,
    quantity: Decimal,
    value: Decimal.openapi({ description: "Price × quantity, in quote units." }),
    fee: Decimal,
    feeAsset: AssetName,
    feeRate: Decimal.openapi({ description: "A share of what was received." }),
    feeTier: z.int().optional().openapi({
      description:
        "Whose rate it was: 0 is the market's own. Of an order it is the tier when it was placed or amended.",
    }),
    ledgerReference: z.string().openapi({
      description:
        "The `reference` of its entries in `GET /v1/statements`; their `timeMs` is the fill's.",
      example: "BTC-USD:1024-1",
    }),
    timeMs: TimeMs,
    reversedMs: TimeMs.optional().openapi({
      description:
        "When operators took the trade back. The order stays as it was; what moved, fees included, is back by entries with the reason `reversal`.",
    }),
  })
  .openapi("Fill");

export type FillView = z.infer<typeof FillView>;

const at = PositionText.optional().openapi({
  description: "For `after=`: reads past it show this. Absent while the place is not known.",
});

export const PlacedView = z
  .strictObject({ order: OrderView, fills: z.array(FillView), at })
  .openapi("PlacedOrder");

export const PlacedPairView = z
  .strictObject({
    takeProfit: PlacedView,
    stopLoss: PlacedView.optional().openapi({
      description: "Absent from a repeat's answer while the log's place of the pair is not known.",
    }),
  })
  .openapi("PlacedOrderPair");

export const CancelledView = z
  .strictObject({ order: OrderView, at: PositionText })
  .openapi("CancelledOrder");

export const CancelledAllView = z
  .strictObject({
    markets: z.array(
      z.strictObject({
        market: MarketName,
        cancelled: z.int(),
        complete: z.boolean().openapi({ description: "Whether the verdict on all is known." }),
        at: PositionText,
      }),
    ),
  })
  .openapi("CancelledOrders");

export const OrdersPage = z
  .strictObject({ orders: z.array(OrderView), nextCursor: NextCursor })
  .openapi("OrdersPage");

export const FillsPage = z
  .strictObject({ fills: z.array(FillView), nextCursor: NextCursor })
  .openapi("FillsPage");

/** Only for the document: `Prefer` is a wish, and any other wish is ignored. */
export const PreferHeaders = z.strictObject({
  prefer: z.string().optional().openapi({ example: "respond-async" }),
});
