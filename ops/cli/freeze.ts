/** `exchange freeze`, `unfreeze` and `freezes`: a user who may read and cancel, and nothing else. */

import type { AccountId } from "@exchange/streams/contract";
import { request } from "@exchange/streams/runtime";
import type { AccountsFreezing } from "@exchange/wallet/freezes";
import { freezeAccounts } from "@exchange/wallet/freezes";
import { z } from "zod";

import type { Exchange } from "../exchange/connect.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";
import { askConfirmation } from "./ask-confirmation.ts";
import type { OperatorVerb } from "./effect.ts";
import type { User } from "./find-user.ts";
import { findUser } from "./find-user.ts";
import { clearAccount } from "./market/admin-command.ts";
import type { Parsed } from "./options.ts";
import { parseOptions } from "./options.ts";
import { readWallet } from "./read-wallet.ts";

const REPLY_LIMIT_MS = 10_000;
/** A hold that was there at the freeze may still become an order for 30 s; settlement follows the cancel. */
const ORDERS_GONE_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 300;

const shape = { reason: "string", operator: "string", yes: "boolean" } as const;

export const freeze: OperatorVerb = {
  effects: "changes",
  summary: "let a user read and cancel, and nothing else",
  help: `Usage: bun run exchange freeze EMAIL|USER-ID --reason TEXT --operator NAME [--keep-orders] [--yes] [--json]

A frozen user places and amends no orders, withdraws and transfers nothing, and gets no API keys and no accounts: all
are refused with 403 ACCOUNT_FROZEN. Reading, cancelling, logging in and deposits go on. An attempt to pay a withdrawal
that was begun is carried through; none is begun any more. All accounts of the user are frozen in one transaction, and
then those that were opened meanwhile; then their orders are cancelled, also those that were on their way; --keep-orders
leaves them in the book, where they may trade. Run it again if it was interrupted. exchange freezes shows who was
frozen, and why.`,
  run: async (args) => {
    const options = parseOptions(args, { ...shape, "keep-orders": "boolean" }, ["EMAIL|USER-ID"]);
    return await turn(options, true);
  },
};

export const unfreeze: OperatorVerb = {
  effects: "changes",
  summary: "let a frozen user go on",
  help: `Usage: bun run exchange unfreeze EMAIL|USER-ID --reason TEXT --operator NAME [--yes] [--json]

Orders that were cancelled stay so. exchange freezes shows why the user was frozen.`,
  run: async (args) => await turn(parseOptions(args, shape, ["EMAIL|USER-ID"]), false),
};

export const freezes: OperatorVerb = {
  effects: "reads",
  summary: "show who was frozen, when and why",
  help: `Usage: bun run exchange freezes [--json]

Of each account, the oldest first.`,
  run: showHistory,
};

async function turn(options: Parsed, isFreeze: boolean): Promise<number> {
  const [name = ""] = options.positionals;
  const named = { reason: options.required("reason"), operator: options.required("operator") };
  return await withExchange(async (exchange) => {
    const { userId, email, accountIds } = await findUser(exchange, name);
    const what = isFreeze ? "Freeze" : "Unfreeze";
    const question = `${what} ${email} (${userId}, ${accountIds.length} accounts)?`;
    if (!(await askConfirmation(question, options.flag("yes")))) return 1;
    const { user, changed } = await turnAll(exchange, userId, { freeze: isFreeze, ...named });
    const cancelled =
      isFreeze && !options.flag("keep-orders") ? await cancelOrders(exchange, user) : 0;
    const state = isFreeze ? "frozen" : "not frozen";
    const when = changed.length === 0 ? `was ${state} before` : `is ${state}`;
    console.log(
      options.flag("json")
        ? JSON.stringify({
            userId,
            accountIds: user.accountIds,
            frozen: isFreeze,
            changed,
            cancelled,
          })
        : `${email} ${when}; ${cancelled} orders cancelled.`,
    );
    return 0;
  });
}

type Turning = Omit<AccountsFreezing, "accountIds">;

interface Turned {
  /** With the accounts that are as wanted now. */
  readonly user: User;
  readonly changed: readonly AccountId[];
}

/**
 * Until it has all accounts that the user has: some may have been opened since they were looked for. Once they are frozen
 * none is, but by a request that was let in before.
 */
async function turnAll(exchange: Exchange, userId: string, turning: Turning): Promise<Turned> {
  const changed: AccountId[] = [];
  let user = await findUser(exchange, userId);
  for (;;) {
    changed.push(...(await turnOnce(exchange, { accountIds: user.accountIds, ...turning })));
    const known = user.accountIds.length;
    user = await findUser(exchange, userId);
    if (user.accountIds.length === known) return { user, changed };
  }
}

async function turnOnce(
  { connection }: Exchange,
  body: AccountsFreezing,
): Promise<readonly AccountId[]> {
  const call = { endpoint: freezeAccounts, body, timeoutMs: REPLY_LIMIT_MS };
  const reply = await request(connection, call);
  if (reply.kind === "refused") throw new Failure(`The wallet refused: ${reply.code}`);
  if (!reply.value.isDone) throw new Failure(`Nothing was done: ${reply.value.why}.`);
  return reply.value.changed;
}

const Open = z.object({ account_id: z.coerce.number(), market: z.string() });

/**
 * Until no hold is left: one that is pending may still become an order, and one of an open order is done once
 * settlement has seen the cancel.
 */
export async function cancelOrders(
  exchange: Exchange,
  { accountIds }: Pick<User, "accountIds">,
): Promise<number> {
  const endMs = performance.now() + ORDERS_GONE_LIMIT_MS;
  const statement = `select distinct account_id, market from holds
    where account_id in (${accountIds.join(",")}) and state in ('PENDING', 'LIVE')`;
  for (let cancelled = 0; ;) {
    const open = await readWallet(exchange, Open, [statement, null]);
    if (open.length === 0) return cancelled;
    if (performance.now() > endMs) {
      const markets = [...new Set(open.map(({ market }) => market))].join(", ");
      throw new Failure(`The user is frozen and has orders left in ${markets}: run it again.`);
    }
    for (const { account_id: accountId, market } of open) {
      const found = await readMarket(exchange, market);
      cancelled += await clearAccount(exchange.connection, found, accountId);
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

const Change = z.object({
  account_id: z.string(),
  is_frozen: z.number(),
  time_ms: z.string(),
  actor: z.string(),
  reason: z.string(),
});

async function showHistory(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, []);
  await withExchange(async (exchange) => {
    const statement = "select * from account_freezes order by change_id";
    for (const change of await readWallet(exchange, Change, [statement, null])) {
      const time = new Date(Number(change.time_ms)).toISOString();
      const state = change.is_frozen === 1 ? "frozen  " : "unfrozen";
      const line = `${time} account ${change.account_id} ${state} by ${change.actor}: ${change.reason}`;
      console.log(options.flag("json") ? JSON.stringify(change) : line);
    }
  });
  return 0;
}
