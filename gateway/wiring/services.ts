/** The services behind NATS, as the app sees them. */

import { listAccounts, openAccount } from "@exchange/identity/accounts";
import {
  endSession,
  endSessions,
  keySet,
  listSessions,
  logIn,
  logOut,
  refresh,
  signUp,
} from "@exchange/identity/api";
import { createApiKey, endApiKey, listApiKeys } from "@exchange/identity/api-keys";
import {
  addPasskey,
  listPasskeys,
  logInWithPasskey,
  removePasskey,
  startPasskey,
  startPasskeyLogIn,
} from "@exchange/identity/passkeys";
import {
  authorise,
  changePassword,
  confirmTotp,
  disableTotp,
  listSecurityEvents,
  readTotp,
  startTotp,
} from "@exchange/identity/security";
import { readBook, readCandles, readTicker, readTrades } from "@exchange/market/api";
import {
  amendOrder,
  cancelAllOrders,
  cancelOrder,
  endOrderSession,
  listFills,
  listOrders,
  placeOrder,
  placePair,
  readOrder,
} from "@exchange/order/api";
import { subject } from "@exchange/streams";
import type { Endpoint } from "@exchange/streams/runtime";
import { request, RequestError } from "@exchange/streams/runtime";
import {
  deposit,
  listWithdrawals,
  noteBank,
  readBalances,
  readLiabilityProof,
  readStatement,
  transfer,
  withdraw,
} from "@exchange/wallet/api";
import { readFrozen } from "@exchange/wallet/freezes";
import { addAddress, listAddresses, removeAddress } from "@exchange/wallet/guards";
import type { NatsConnection } from "nats";

import type { ServiceOutcome, Services } from "../deps.ts";
import type { Hub } from "../edge/hub.ts";
import type { Link } from "./link.ts";
import type { createMarketCache } from "./market-cache.ts";

/** A placement waits a second for its verdict; the rest is for the hold and the log. */
const ORDER_TIMEOUT_MS = 5000;
/** A read waits up to a second for its position. */
const READ_TIMEOUT_MS = 3000;
/** Hashing a password queues. */
const AUTH_TIMEOUT_MS = 5000;
const MONEY_TIMEOUT_MS = 5000;
const MARKET_TIMEOUT_MS = 2000;

export interface ServicesOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  /** At the edge. */
  readonly hub?: Hub | undefined;
  readonly cached: ReturnType<typeof createMarketCache>;
}

export function connectServices({ connection, link, hub, cached }: ServicesOptions): Services {
  const near =
    <Request, Value>(endpoint: Endpoint<Request, Value>, timeoutMs: number) =>
    async (body: Request, traceparent: string | undefined): Promise<ServiceOutcome<Value>> => {
      if (!link.up) return { kind: "failed", failure: "unavailable" };
      try {
        return await request(connection, { endpoint, body, timeoutMs, traceparent });
      } catch (error) {
        if (error instanceof RequestError) return { kind: "failed", failure: error.failure };
        throw error;
      }
    };
  const to = hub === undefined ? near : farFrom(hub, near);
  return {
    signUp: to(signUp, AUTH_TIMEOUT_MS),
    logIn: to(logIn, AUTH_TIMEOUT_MS),
    refresh: to(refresh, AUTH_TIMEOUT_MS),
    logOut: to(logOut, AUTH_TIMEOUT_MS),
    listSessions: to(listSessions, READ_TIMEOUT_MS),
    endSession: to(endSession, AUTH_TIMEOUT_MS),
    endSessions: to(endSessions, AUTH_TIMEOUT_MS),
    openAccount: to(openAccount, AUTH_TIMEOUT_MS),
    listAccounts: to(listAccounts, READ_TIMEOUT_MS),
    createApiKey: to(createApiKey, AUTH_TIMEOUT_MS),
    listApiKeys: to(listApiKeys, READ_TIMEOUT_MS),
    endApiKey: to(endApiKey, AUTH_TIMEOUT_MS),
    changePassword: to(changePassword, AUTH_TIMEOUT_MS),
    startTotp: to(startTotp, AUTH_TIMEOUT_MS),
    confirmTotp: to(confirmTotp, AUTH_TIMEOUT_MS),
    disableTotp: to(disableTotp, AUTH_TIMEOUT_MS),
    readTotp: to(readTotp, READ_TIMEOUT_MS),
    startPasskey: to(startPasskey, AUTH_TIMEOUT_MS),
    addPasskey: to(addPasskey, AUTH_TIMEOUT_MS),
    listPasskeys: to(listPasskeys, READ_TIMEOUT_MS),
    removePasskey: to(removePasskey, AUTH_TIMEOUT_MS),
    startPasskeyLogIn: to(startPasskeyLogIn, READ_TIMEOUT_MS),
    logInWithPasskey: to(logInWithPasskey, AUTH_TIMEOUT_MS),
    authorise: to(authorise, AUTH_TIMEOUT_MS),
    listSecurityEvents: to(listSecurityEvents, READ_TIMEOUT_MS),
    keySet: to(keySet, READ_TIMEOUT_MS),
    ...marketReads(to, cached),
    placeOrder: to(placeOrder, ORDER_TIMEOUT_MS),
    placePair: to(placePair, ORDER_TIMEOUT_MS),
    amendOrder: to(amendOrder, ORDER_TIMEOUT_MS),
    cancelOrder: to(cancelOrder, ORDER_TIMEOUT_MS),
    cancelAllOrders: to(cancelAllOrders, ORDER_TIMEOUT_MS),
    endOrderSession: to(endOrderSession, ORDER_TIMEOUT_MS),
    readOrder: to(readOrder, READ_TIMEOUT_MS),
    listOrders: to(listOrders, READ_TIMEOUT_MS),
    listFills: to(listFills, READ_TIMEOUT_MS),
    readBalances: to(readBalances, READ_TIMEOUT_MS),
    deposit: to(deposit, MONEY_TIMEOUT_MS),
    transfer: to(transfer, MONEY_TIMEOUT_MS),
    readFrozen: to(readFrozen, READ_TIMEOUT_MS),
    withdraw: to(withdraw, MONEY_TIMEOUT_MS),
    addAddress: to(addAddress, MONEY_TIMEOUT_MS),
    listAddresses: to(listAddresses, READ_TIMEOUT_MS),
    removeAddress: to(removeAddress, MONEY_TIMEOUT_MS),
    listWithdrawals: to(listWithdrawals, READ_TIMEOUT_MS),
    readLiabilityProof: to(readLiabilityProof, READ_TIMEOUT_MS),
    readStatement: to(readStatement, READ_TIMEOUT_MS),
    noteBank: to(noteBank, MONEY_TIMEOUT_MS),
  };
}

/** As near by, but nobody waits for an exchange that is out of reach. */
function farFrom(hub: Hub, near: To): To {
  return (endpoint, timeoutMs) => {
    const ask = near(endpoint, timeoutMs);
    return async (body, traceparent) => {
      if (!hub.isReachable) return { kind: "failed", failure: "out of reach" };
      const outcome = await hub.whileReachable(ask(body, traceparent));
      // It may have got there before the cut.
      if (outcome === "lost") return { kind: "failed", failure: "unknown" };
      if (outcome.kind !== "failed" || outcome.failure !== "unavailable") return outcome;
      return (await hub.check()) ? outcome : { kind: "failed", failure: "out of reach" };
    };
  };
}

type To = <Request, Value>(
  endpoint: Endpoint<Request, Value>,
  timeoutMs: number,
) => (body: Request, traceparent: string | undefined) => Promise<ServiceOutcome<Value>>;

function marketReads(
  to: To,
  cached: ServicesOptions["cached"],
): Pick<Services, "readBook" | "readTrades" | "readTicker" | "readCandles"> {
  return {
    readBook: cached({
      name: "book",
      subjectOf: ({ market }) => subject.publicData(market, "book"),
      rowsOf: ({ bids, asks }) => bids.length + asks.length,
      read: to(readBook, MARKET_TIMEOUT_MS),
    }),
    readTrades: cached({
      name: "trades",
      subjectOf: ({ market }) => subject.publicData(market, "trades"),
      rowsOf: ({ trades }) => trades.length,
      read: to(readTrades, MARKET_TIMEOUT_MS),
    }),
    readTicker: cached({
      name: "ticker",
      subjectOf: ({ market }) => subject.publicData(market, "ticker"),
      rowsOf: () => 1,
      read: to(readTicker, MARKET_TIMEOUT_MS),
    }),
    readCandles: cached({
      name: "candles",
      subjectOf: ({ market, interval }) => subject.publicData(market, `candles.${interval}`),
      rowsOf: ({ candles }) => candles.length,
      read: to(readCandles, MARKET_TIMEOUT_MS),
    }),
  };
}
