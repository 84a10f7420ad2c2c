/** Rows of the wallet's database, as an operator may read them. */

import type { Connection } from "mysql2/promise";
import { createConnection } from "mysql2/promise";
import { z } from "zod";

import type { Exchange } from "../exchange/connect.ts";

export async function readWallet<Shape extends z.ZodType>(
  { running }: Exchange,
  shape: Shape,
  [statement, value]: readonly [statement: string, value: string | null],
): Promise<z.infer<Shape>[]> {
  const uri = `${running.mysqlUrl}/exchange_wallet`;
  const options = { uri, supportBigNumbers: true, bigNumberStrings: true };
  const db: Connection = await createConnection(options);
  try {
    const [rows] = await db.query(statement, [value]);
    return z.array(shape).parse(rows);
  } finally {
    await db.end();
  }
}
