/** `<MARKET>:<n>`, or `client:<id>` with `?market=`, to the order it names. */

import type { OrderReference } from "@exchange/order/api";
import { CLIENT_ORDER_ID_PATTERN, parseMarketPosition } from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import type { Parsed } from "../http/field-error.ts";
import { fieldError, valid } from "../http/field-error.ts";
import { createReader } from "../http/reader.ts";
import { PathText } from "../schemas/common.ts";

const CLIENT_PREFIX = "client:";

export const orderPath = createReader(
  "path",
  z.strictObject({
    id: PathText.openapi({
      description: "`<MARKET>:<n>`, or `client:<clientOrderId>` with `?market=`.",
      example: "BTC-USD:1024",
    }),
  }),
);

export function readOrderReference(id: string, market: string | undefined): Parsed<OrderReference> {
  if (id.startsWith(CLIENT_PREFIX)) {
    const clientOrderId = id.slice(CLIENT_PREFIX.length);
    if (!CLIENT_ORDER_ID_PATTERN.test(clientOrderId)) return badId;
    return market === undefined ? marketMissing : valid({ market, clientOrderId });
  }
  const position = parseMarketPosition(id);
  if (position === undefined) return badId;
  if (market !== undefined && market !== position.market) return marketDiffers;
  return valid({ market: position.market, orderId: position.position });
}

const badId: Parsed<never> = {
  kind: "invalid",
  errors: [fieldError("path", "id", "BAD_FORMAT")],
};
const marketMissing: Parsed<never> = {
  kind: "invalid",
  errors: [fieldError("query", "market", "REQUIRED")],
};
const marketDiffers: Parsed<never> = {
  kind: "invalid",
  errors: [fieldError("query", "market", "NOT_ALLOWED")],
};
