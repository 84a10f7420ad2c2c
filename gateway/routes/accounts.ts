/** The accounts of a user, and moving money between them. */

import type { Account } from "@exchange/identity/accounts";
import { z } from "@hono/zod-openapi";

import type { Caller } from "../deps.ts";
import { answerRepeatable, answerWith, invalid, problem, success } from "../http/answer.ts";
import { choiceProblems, chooseAccount } from "../http/chosen-account.ts";
import { fieldError } from "../http/field-error.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { IdempotencyKey } from "../schemas/common.ts";
import {
  AccountsView,
  AccountView,
  NewAccountBody,
  TransferBody,
  TransferView,
} from "../schemas/sub-account.ts";
import { viewAmount } from "../views/money-view.ts";
import { createAmountReader } from "./amount-reader.ts";
import { refuseFrozen } from "./refuse-frozen.ts";

const plain = { limit: "reads", pathFields: noPath, query: noQuery } as const;

export function mountAccounts(router: Router): void {
  mountOpening(router);
  mountList(router);
  mountTransfers(router);
}

function mountOpening(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      tag: "accounts",
      scope: "session",
      method: "post",
      path: "/v1/accounts",
      summary: "Open an account beside the main one",
      description:
        "It has balances, orders and a history of its own: name it by `account` where that can be chosen. A label that is there already is answered with its account. " +
        "Limits of requests are the user's, whatever the account; self-trade prevention takes a user's accounts for one; and money leaves the exchange from the main account only.",
      headers: noHeaders,
      body: createReader("body", NewAccountBody),
      successes: { 201: { description: "Open, now or before.", schema: AccountView } },
      problems: ["TOO_MANY_ACCOUNTS", "ACCOUNT_FROZEN", "UNAVAILABLE", "OUTCOME_UNKNOWN"],
    },
    async ({ identity, body: { label }, network, traceparent }) => {
      const frozen = await refuseFrozen(services, [identity.accountId], traceparent);
      if (frozen !== undefined) return frozen;
      const wish = { userId: identity.userId, label, network: network() };
      return answerWith(await services.openAccount(wish, traceparent), "write", (account) =>
        success(201, viewAccount(account)),
      );
    },
  );
}

function mountList(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      tag: "accounts",
      scope: "read",
      method: "get",
      path: "/v1/accounts",
      summary: "The user's accounts",
      description: "Of an API key that is bound to one account only that one.",
      headers: noHeaders,
      body: noBody,
      successes: { 200: { description: "The main one first.", schema: AccountsView } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity, traceparent }) =>
      answerWith(
        await services.listAccounts({ userId: identity.userId }, traceparent),
        "read",
        (accounts) =>
          success(200, {
            accounts: accounts
              .filter(({ accountId }) => isSeen(identity, accountId))
              .map((account) => viewAccount(account)),
          }),
      ),
  );
}

function isSeen({ key, accountId: own }: Caller, accountId: number): boolean {
  return key === undefined || key.allAccounts === true || accountId === own;
}

function mountTransfers(router: Router): void {
  const { services, markets, authenticator } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      tag: "money",
      scope: "trade",
      method: "post",
      path: "/v1/transfers",
      summary: "Move money between the user's own accounts",
      description:
        "At once, and without a fee. After OUTCOME_UNKNOWN repeat it with the same key: it is done at most once. The problem names the key. An API key has to be for all accounts.",
      headerNames: ["idempotency-key"],
      headers: createReader("header", z.strictObject({ "idempotency-key": IdempotencyKey })),
      body: createAmountReader(markets, TransferBody, ({ scale }) => scale),
      successes: { 201: { description: "Moved, now or before.", schema: TransferView } },
      problems: [
        "INSUFFICIENT_FUNDS",
        "ACCOUNT_FROZEN",
        "UNKNOWN_ASSET",
        "AMOUNT_OUT_OF_RANGE",
        "IDEMPOTENCY_CONFLICT",
        "FEED_STALE",
        "OUTCOME_UNKNOWN",
        ...choiceProblems,
      ],
    },
    async ({ identity, headers, body: { from, to, asset, amount }, traceparent }) => {
      if (!authenticator.fresh) return problem("FEED_STALE");
      const fromAccountId = from ?? identity.accountId;
      if (fromAccountId === to) return invalid([fieldError("body", "to", "NOT_ALLOWED")]);
      for (const accountId of [fromAccountId, to]) {
        const chosen = await chooseAccount(router.deps, identity, accountId);
        if (chosen.kind === "problem") return chosen;
      }
      const idempotencyKey = headers["idempotency-key"];
      const { accountId: mainAccountId } = identity;
      const request = { mainAccountId, fromAccountId, toAccountId: to, asset, amount };
      const outcome = await services.transfer({ ...request, idempotencyKey }, traceparent);
      return answerRepeatable(outcome, { idempotencyKey }, (made) =>
        success(201, {
          id: made.transferId,
          from: made.fromAccountId,
          to: made.toAccountId,
          asset: made.asset,
          amount: viewAmount(markets, made.asset, made.amount),
          createdMs: made.createdMs,
        }),
      );
    },
  );
}

function viewAccount({ accountId, label, isMain, createdS }: Account) {
  return { id: accountId, label, main: isMain, createdMs: createdS * 1000 };
}
