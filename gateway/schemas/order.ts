/** Orders and fills as clients write and read them. */

import {
  cancelReasons,
  engineRejectCodes,
  orderTypes,
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
const OrderType = z.enum(["limit", "market"]);
const TimeInForce = z.enum(["GTC", "IOC", "FOK"]);

/** The shape only: the numbers and what goes with what are the order reader's part. */
export const PlaceOrderBody = z
  .strictObject({
    market: MarketName,
    clientOrderId: ClientOrderId.optional(),
    side: Side,
    type: OrderType,
    timeInForce: TimeInForce.optional().openapi({
      description: "GTC when absent. A market order is always IOC.",
    }),
    postOnly: z.boolean().optional().openapi({
      description: "Rejected instead of traded at once. Only with a GTC limit order.",
    }),
    price: Decimal.optional().openapi({ description: "Of a limit order, in quote units." }),
    quantity: Decimal.optional().openapi({ description: "In base units." }),
    budget: Decimal.optional().openapi({
      description: "Of a market buy, in quote units, instead of a quantity.",
    }),
    protectionPrice: Decimal.optional().openapi({
      description: "Worst price of a market order; derived from the last trade when absent.",
    }),
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

export const OrderView = z
  .strictObject({
    id: PositionText.optional().openapi({ description: "Absent until the log has the order." }),
    clientOrderId: z.string(),
    market: MarketName,
    side: Side,
    type: z.enum(orderTypes),
    timeInForce: z.enum(timesInForce),
    postOnly: z.boolean(),
    price: Decimal.optional(),
    protectionPrice: Decimal.optional(),
    quantity: Decimal.optional(),
    budget: Decimal.optional(),
    state: z.enum(["PENDING", "OPEN", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"]),
    filledQuantity: Decimal,
    filledValue: Decimal.openapi({ description: "Sum of price × quantity, in quote units." }),
    fee: Decimal,
    feeAsset: AssetName,
    rejectCode: z.enum(engineRejectCodes).optional(),
    cancelReason: z.enum(cancelReasons).optional(),
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
    timeMs: TimeMs,
  })
  .openapi("Fill");

export type FillView = z.infer<typeof FillView>;

const at = PositionText.optional().openapi({
  description: "For `after=`: reads past it show this. Absent while the place is not known.",
});

export const PlacedView = z
  .strictObject({ order: OrderView, fills: z.array(FillView), at })
  .openapi("PlacedOrder");

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
