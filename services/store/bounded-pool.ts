/**
 * A MySQL pool whose queries end. A host that vanishes sends nothing, not even the end of its connections, so
 * whoever waits for it would wait for good. What was asked may have taken effect: the outcome is unknown.
 */

import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from "kysely";
import type { Pool, PoolConnection, QueryValues, RowDataPacket } from "mysql2";

/** Marked as the driver marks what ended a connection. */
class QueryTimeout extends Error {
  readonly fatal = true;

  constructor(limitMs: number) {
    super(`MySQL did not answer within ${limitMs} ms`);
  }
}

type Callback = (error: unknown, result: MysqlQueryResult) => void;

/** A query without an answer for this long loses its connection, whose transaction the server then undoes. */
export function boundPool(pool: Pool, limitMs: number): MysqlPool {
  const heardMs = new WeakMap<PoolConnection, number>();
  let silentSinceMs = Number.NEGATIVE_INFINITY;

  /** Connections that were idle when another one fell silent are as likely dead: each would cost the limit again. */
  function isDoubtful(connection: PoolConnection): boolean {
    return (heardMs.get(connection) ?? Number.POSITIVE_INFINITY) < silentSinceMs;
  }

  function acquire(callback: (error: unknown, connection: MysqlPoolConnection) => void): void {
    pool.getConnection((error, connection) => {
      if (error === null && isDoubtful(connection)) {
        connection.destroy();
        acquire(callback);
      } else callback(error, bound(connection));
    });
  }

  /** After a failure the driver has no connection, so it is only looked at when it is used. */
  function bound(connection: PoolConnection): MysqlPoolConnection {
    let lost: QueryTimeout | undefined;

    function withinLimit(callback: Callback): Callback {
      const askedMs = performance.now();
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        lost = new QueryTimeout(limitMs);
        silentSinceMs = Math.max(silentSinceMs, askedMs);
        connection.destroy();
        callback(lost, []);
      }, limitMs);
      return (error, result) => {
        // An answer that comes after all was given up.
        if (isOver) return;
        clearTimeout(timer);
        heardMs.set(connection, performance.now());
        // What follows on a lost connection, such as a rollback, fails for the reason it was lost for.
        callback(lost ?? error, result);
      };
    }

    return {
      get config() {
        return connection.config;
      },
      get threadId() {
        return connection.threadId;
      },
      connect: (callback) => connection.connect(callback),
      destroy: () => connection.destroy(),
      release: () => connection.release(),
      query: (sql: string, parameters: QueryValues, callback: Callback = ignore) =>
        connection.query<RowDataPacket[]>(sql, parameters, withinLimit(callback)),
    };
  }

  return { getConnection: acquire, end: (callback) => pool.end(callback) };
}

function ignore(): void {}
