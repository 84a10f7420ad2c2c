/** The order database's schema, one step a name. A step that was released is never edited. */

import type { Migration } from "kysely/migration";

import { createOrders } from "./0001-create-orders.ts";
import { orderFeatures } from "./0002-order-features.ts";
import { createOrderSessions } from "./0003-create-order-sessions.ts";
import { createFillVolumes } from "./0004-create-fill-volumes.ts";
import { indexFillVolumes } from "./0005-index-fill-volumes.ts";
import { fillReversals } from "./0006-fill-reversals.ts";

export const migrations: Readonly<Record<string, Migration>> = {
  "0001-create-orders": createOrders,
  "0002-order-features": orderFeatures,
  "0003-create-order-sessions": createOrderSessions,
  "0004-create-fill-volumes": createFillVolumes,
  "0005-index-fill-volumes": indexFillVolumes,
  "0006-fill-reversals": fillReversals,
};
