/** What `exchange balances` and `exchange holds` have in common: whose, and as of when. */

import type { AssetId } from "@exchange/streams/contract";
import { formatDecimal } from "@exchange/streams/contract";
import { watchMarkets } from "@exchange/streams/runtime";

import { parsePoint } from "../as-of/moment.ts";
import type { FoundPoint } from "../as-of/read-ledger.ts";
import { findPoint } from "../as-of/read-ledger.ts";
import type { Exchange } from "../exchange/connect.ts";
import { findUser } from "./find-user.ts";
import type { Parsed } from "./options.ts";
import { UsageError } from "./options.ts";

export const asOfOptions = { "as-of": "string", copies: "string" } as const;

export interface UserAccount {
  readonly userId: string;
  readonly email: string;
  readonly accountId: number;
}

/** All accounts of a user, the main one first. */
export async function readAccounts(
  exchange: Exchange,
  name: string,
): Promise<readonly UserAccount[]> {
  const { userId, email, accountIds } = await findUser(exchange, name);
  return accountIds.map((accountId) => ({ userId, email, accountId }));
}

/** Undefined without `--as-of`: as it is now. */
export async function readPoint(
  exchange: Exchange,
  options: Parsed,
): Promise<FoundPoint | undefined> {
  const text = options.text("as-of");
  if (text === undefined) return undefined;
  const point = parsePoint(text);
  if (point === undefined) {
    throw new UsageError(
      `${text} is no point. Like this: BTC-USD:5, or a ledger transaction's id.`,
    );
  }
  return await findPoint(exchange, point, options.text("copies"));
}

export type FormatUnits = (asset: AssetId, units: bigint) => string;

export async function readFormat({ connection }: Exchange): Promise<FormatUnits> {
  const directory = await watchMarkets(connection);
  directory.stop();
  return (asset, units) => {
    const definition = directory.asset(asset);
    if (definition === undefined) throw new Error(`asset ${asset} is not listed`);
    return formatDecimal(units, definition.scale);
  };
}

export function titleOf(account: UserAccount, options: Parsed): string {
  const when = options.text("as-of");
  return `${account.email}, account ${account.accountId}, ${when === undefined ? "now" : `as of ${when}`}`;
}
