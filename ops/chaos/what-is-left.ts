/** What the databases and the log say after the killing, for comparing with what clients were told. */

import type { Market } from "@exchange/streams/contract";
import type { NatsConnection } from "nats";

import { numberOf, openMysqlSnapshot, textOf, unitsOf } from "../audit/read/mysql-snapshot.ts";
import { readEvents } from "../exchange/read-epochs.ts";

/** How many orders the log let in or refused under each client id: one each, or something came twice. */
export async function countVerdicts(
  connection: NatsConnection,
  market: Market,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await readEvents({ connection }, { market }, (event) => {
    if (event.kind !== "OrderAccepted" && event.kind !== "OrderRejected") return;
    counts.set(event.clientOrderId, (counts.get(event.clientOrderId) ?? 0) + 1);
  });
  return counts;
}

/** Order ids by client id, as the order service's rows have them; a second row under an id adds to the list. */
export async function readOrderIds(
  mysqlUrl: string,
  market: string,
): Promise<Map<string, string[]>> {
  const snapshot = await openMysqlSnapshot(`${mysqlUrl}/exchange_order`);
  const rows = await snapshot.rows(
    `select client_order_id, order_id from orders where market = '${market}'`,
  );
  await snapshot.end();
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const clientOrderId = textOf(row, "client_order_id");
    const orderIds = found.get(clientOrderId) ?? [];
    orderIds.push(`${market}:${textOf(row, "order_id")}`);
    found.set(clientOrderId, orderIds);
  }
  return found;
}

export async function countPendingHolds(mysqlUrl: string): Promise<number> {
  const snapshot = await openMysqlSnapshot(`${mysqlUrl}/exchange_wallet`);
  const [row] = await snapshot.rows("select count(*) as holds from holds where state = 'PENDING'");
  await snapshot.end();
  return row === undefined ? 0 : numberOf(row, "holds");
}

export interface AssetTotal {
  readonly asset: string;
  readonly deposited: bigint;
  /** Balances of users, fees of the house and what is on its way out. */
  readonly owned: bigint;
}

export async function readTotals(mysqlUrl: string): Promise<AssetTotal[]> {
  const snapshot = await openMysqlSnapshot(`${mysqlUrl}/exchange_wallet`);
  const rows = await snapshot.rows(
    `select asset, sum(deposited) as deposited, sum(owned) as owned from (
       select asset, amount as deposited, 0 as owned from deposits
       union all select asset, 0, available + held from balances
       union all select asset, 0, balance from house_balances where house_account <> 'custody'
     ) as parts group by asset`,
  );
  await snapshot.end();
  return rows.map((row) => ({
    asset: textOf(row, "asset"),
    deposited: unitsOf(row, "deposited"),
    owned: unitsOf(row, "owned"),
  }));
}
