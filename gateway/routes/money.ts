/** Balances, test deposits and withdrawals. */

import type { Authorisation } from "@exchange/identity/security";
import type { Asker, Withdrawal } from "@exchange/wallet/api";
import { z } from "@hono/zod-openapi";

import type { ServiceOutcome } from "../deps.ts";
import type { Answer } from "../http/answer.ts";
import { answerRepeatable, answerWith, problem, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import {
  BalancesView,
  DepositBody,
  DepositView,
  WithdrawalBody,
  WithdrawalsPage,
  WithdrawalView,
} from "../schemas/account.ts";
import { After, IdempotencyKey, Limit, NumberCursor } from "../schemas/common.ts";
import { viewAmount, viewBalance } from "../views/money-view.ts";
import { createAmountReader } from "./amount-reader.ts";
import { knowsMarkets } from "./known-markets.ts";

const plain = { tag: "money", limit: "reads", pathFields: noPath } as const;
const headerNames = ["idempotency-key"] as const;
const writeProblems = [
  "UNKNOWN_ASSET",
  "AMOUNT_OUT_OF_RANGE",
  "IDEMPOTENCY_CONFLICT",
  "UNAVAILABLE",
  "OUTCOME_UNKNOWN",
] as const;

const guardProblems = [
  "ACCOUNT_FROZEN",
  "WITHDRAWALS_FROZEN",
  "LOGIN_TOO_OLD",
  "TOTP_REQUIRED",
  "INVALID_TOTP",
  "TOO_MANY_ATTEMPTS",
  "SECOND_FACTOR_NEEDED",
  "API_KEY_TOO_OLD",
  "ADDRESS_NOT_IN_BOOK",
  "ADDRESS_WAITING",
  "DAY_LIMIT",
] as const;

export function mountMoney(router: Router): void {
  mountBalances(router);
  mountDeposits(router);
  mountWithdrawing(router);
  mountWithdrawals(router);
}

function mountBalances(router: Router): void {
  const { services, markets } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "read",
      accounts: "chosen",
      method: "get",
      path: "/v1/balances",
      summary: "What the account has",
      query: createReader("query", z.strictObject({ after: After })),
      headers: noHeaders,
      body: noBody,
      successes: { 200: { description: "One row an asset.", schema: BalancesView } },
      problems: ["UNKNOWN_MARKET", "LAGGING", "UNAVAILABLE"],
    },
    async ({ identity: { accountId }, query: { after }, traceparent }) => {
      if (!knowsMarkets(markets, after?.market)) return problem("UNKNOWN_MARKET");
      const request = { accountId, ...(after === undefined ? {} : { after }) };
      return answerWith(await services.readBalances(request, traceparent), "read", (balances) =>
        success(200, { balances: balances.map((balance) => viewBalance(markets, balance)) }),
      );
    },
  );
}

function mountDeposits(router: Router): void {
  const { services, markets, testFunds } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "session",
      accounts: "chosen",
      method: "post",
      path: "/v1/deposits",
      summary: "Give the account test money",
      description: "Only where the exchange is set up to. The key is minted when absent.",
      query: noQuery,
      headerNames,
      headers: createReader(
        "header",
        z.strictObject({ "idempotency-key": IdempotencyKey.optional() }),
      ),
      body: createAmountReader(markets, DepositBody, ({ scale }) => scale),
      successes: { 201: { description: "Booked, now or before.", schema: DepositView } },
      problems: ["TEST_FUNDS_OFF", ...writeProblems],
    },
    async ({ identity: { accountId }, headers, body: { asset, amount }, traceparent }) => {
      if (!testFunds) return problem("TEST_FUNDS_OFF");
      const idempotencyKey = headers["idempotency-key"] ?? crypto.randomUUID();
      const request = { accountId, asset, amount, idempotencyKey };
      const outcome = await services.deposit(request, traceparent);
      return answerKeyed(outcome, idempotencyKey, (deposit) => ({
        id: deposit.depositId,
        asset: deposit.asset,
        amount: viewAmount(markets, deposit.asset, deposit.amount),
        createdMs: deposit.createdMs,
      }));
    },
  );
}

function mountWithdrawing(router: Router): void {
  const { services, markets, authenticator } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "withdraw",
      accounts: "main",
      method: "post",
      path: "/v1/withdrawals",
      summary: "Take money out",
      description:
        "After OUTCOME_UNKNOWN repeat it with the same key: it is done at most once, and the same code is good for it. The problem names the key. " +
        "A session needs a recent login and, where there is a second factor, its code; an API key has to be newer than the second factor. Where the address book is in use, money goes only where the book says, and not at once. " +
        "A large one is HELD until two operators agree.",
      query: noQuery,
      headerNames,
      headers: createReader("header", z.strictObject({ "idempotency-key": IdempotencyKey })),
      body: createAmountReader(markets, WithdrawalBody, ({ payoutScale }) => payoutScale),
      successes: { 201: { description: "Reserved, now or before.", schema: WithdrawalView } },
      problems: [
        "INSUFFICIENT_FUNDS",
        "TOO_PRECISE",
        "WITHDRAWALS_HALTED",
        "FEED_STALE",
        ...guardProblems,
        ...writeProblems,
      ],
    },
    async ({ identity, headers, body: { code, ...wish }, traceparent }) => {
      if (!authenticator.fresh) return problem("FEED_STALE");
      const idempotencyKey = headers["idempotency-key"];
      const { accountId, userId, sessionId, key } = identity;
      const by = key === undefined ? { sessionId } : { keyId: key.keyId };
      // A code is good for what it was given for: no other amount, and no other destination.
      const use = `withdrawal ${JSON.stringify([accountId, idempotencyKey, wish])}`;
      const asked = await services.authorise({ userId, by, code, use }, traceparent);
      // Its session or key ended since the request was let in.
      if (asked.kind === "refused") return problem("UNAUTHENTICATED");
      // Nothing was done but the code's use, which a repeat may make again.
      if (asked.kind === "failed") return problem("UNAVAILABLE");
      const request = { accountId, ...wish, idempotencyKey, asker: askerOf(asked.value) };
      const outcome = await services.withdraw(request, traceparent);
      return answerKeyed(outcome, idempotencyKey, (made) => viewWithdrawal(router, made));
    },
  );
}

function mountWithdrawals(router: Router): void {
  const { services } = router.deps;

  mountAccount(
    router,
    {
      ...plain,
      scope: "read",
      accounts: "main",
      method: "get",
      path: "/v1/withdrawals",
      summary: "The account's withdrawals",
      query: createReader("query", z.strictObject({ limit: Limit, cursor: NumberCursor })),
      headers: noHeaders,
      body: noBody,
      successes: { 200: { description: "Newest first.", schema: WithdrawalsPage } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { accountId }, query: { limit, cursor }, traceparent }) => {
      const request = { accountId, limit, ...(cursor === undefined ? {} : { before: cursor }) };
      return answerWith(await services.listWithdrawals(request, traceparent), "read", (rows) =>
        success(200, {
          withdrawals: rows.map((row) => viewWithdrawal(router, row)),
          nextCursor: rows.length === limit ? rows.at(-1)?.withdrawalId : undefined,
        }),
      );
    },
  );
}

function askerOf({ factor, loggedInS, changedS }: Authorisation): Asker {
  const loggedIn = loggedInS === undefined ? {} : { loggedInMs: loggedInS * 1000 };
  return { factor, changedMs: changedS * 1000, ...loggedIn };
}

/** 201 now or before; of an unknown outcome the key to repeat with. */
function answerKeyed<Value>(
  outcome: ServiceOutcome<Value>,
  idempotencyKey: string,
  view: (value: Value) => object,
): Answer {
  return answerRepeatable(outcome, { idempotencyKey }, (value) => success(201, view(value)));
}

function viewWithdrawal({ deps }: Router, withdrawal: Withdrawal) {
  return {
    id: withdrawal.withdrawalId,
    asset: withdrawal.asset,
    amount: viewAmount(deps.markets, withdrawal.asset, withdrawal.amount),
    destination: withdrawal.destination,
    state: withdrawal.state,
    createdMs: withdrawal.createdMs,
  };
}
