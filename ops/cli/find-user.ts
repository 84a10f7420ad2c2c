/** A user by e-mail or id, with all accounts. */

import { createConnection } from "mysql2/promise";
import { z } from "zod";

import type { Exchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";

export interface User {
  readonly userId: string;
  readonly email: string;
  /** The main one first. */
  readonly accountIds: readonly number[];
}

const Row = z.object({ user_id: z.string(), email: z.string(), account_id: z.coerce.number() });

/** Throws a `Failure` when there is none. */
export async function findUser({ running }: Exchange, name: string): Promise<User> {
  const db = await createConnection({ uri: running.mysqlUrl, bigNumberStrings: true });
  try {
    const [found] = await db.execute(
      `select u.user_id, u.email, a.account_id from exchange_identity.users u
       join exchange_identity.accounts a on a.user_id = u.user_id
       where u.email = ? or u.user_id = ? order by a.number`,
      [name.trim().toLowerCase(), name],
    );
    const rows = z.array(Row).parse(found);
    const [first] = rows;
    if (first === undefined) throw new Failure(`There is no user ${name}.`);
    const accountIds = rows.map((row) => row.account_id);
    return { userId: first.user_id, email: first.email, accountIds };
  } finally {
    await db.end();
  }
}
