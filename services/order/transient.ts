/** Which failures of the database pass by themselves, and which say that the statement was wrong. */

import { mysqlErrorNumber } from "@exchange/store";

/**
 * A duplicate key, a value out of range or too long, a null, a failed check, an unknown column or table,
 * a syntax error: trying again cannot help, and a broken rule must be seen.
 */
const brokenErrors: readonly number[] = [
  1048, 1054, 1062, 1064, 1146, 1264, 1366, 1406, 3819, 4025,
];

export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const number = mysqlErrorNumber(error);
  return number === undefined || !brokenErrors.includes(number);
}
