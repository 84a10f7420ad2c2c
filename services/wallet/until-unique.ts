/** When two transactions write the same key at the same time, the second finds the first one's row by running again. */

import { mysqlErrorNumber } from "@exchange/store";

const ER_DUP_ENTRY = 1062;
const ATTEMPTS_MAX = 5;

/** Runs again what a unique key refused. From its second run on, `work` must look for the row before it inserts one. */
export async function untilUnique<Value>(work: (run: number) => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (mysqlErrorNumber(error) !== ER_DUP_ENTRY || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}
