/** The app with nothing behind it: every service is away, so that a test sees what the gateway decides alone. */

import { createMarket } from "@exchange/streams/contract";
import { btcUsd } from "@exchange/streams/testing";

import type { GatewayApp } from "../app.ts";
import { createApp } from "../app.ts";
import { createAccountDirectory } from "../auth/account-directory.ts";
import type {
  Authenticator,
  GatewayDeps,
  LimitDecision,
  ServiceOutcome,
  Services,
} from "../deps.ts";

export const TOKEN = "the-token-of-account-7";

export const market = createMarket(btcUsd);

const assets = new Map(
  [
    { asset: "BTC", scale: 8, payoutScale: 8 },
    { asset: "USD", scale: 10, payoutScale: 2 },
  ].map((asset) => [asset.asset, asset]),
);

type ServiceName = keyof Services;

/** Every service, asked about by name and never of use: they stand for services that are away. */
export function createAwayServices(onAsked: (name: ServiceName, body: unknown) => void): Services {
  const away = (name: ServiceName) => (body: unknown) => {
    onAsked(name, body);
    return Promise.resolve<ServiceOutcome<never>>({ kind: "failed", failure: "unavailable" });
  };
  return {
    signUp: away("signUp"),
    logIn: away("logIn"),
    refresh: away("refresh"),
    logOut: away("logOut"),
    listSessions: away("listSessions"),
    endSession: away("endSession"),
    endSessions: away("endSessions"),
    openAccount: away("openAccount"),
    listAccounts: away("listAccounts"),
    createApiKey: away("createApiKey"),
    listApiKeys: away("listApiKeys"),
    endApiKey: away("endApiKey"),
    changePassword: away("changePassword"),
    startTotp: away("startTotp"),
    confirmTotp: away("confirmTotp"),
    disableTotp: away("disableTotp"),
    readTotp: away("readTotp"),
    startPasskey: away("startPasskey"),
    addPasskey: away("addPasskey"),
    listPasskeys: away("listPasskeys"),
    removePasskey: away("removePasskey"),
    startPasskeyLogIn: away("startPasskeyLogIn"),
    logInWithPasskey: away("logInWithPasskey"),
    authorise: away("authorise"),
    listSecurityEvents: away("listSecurityEvents"),
    keySet: away("keySet"),
    readBook: away("readBook"),
    readTrades: away("readTrades"),
    readTicker: away("readTicker"),
    readCandles: away("readCandles"),
    placeOrder: away("placeOrder"),
    placePair: away("placePair"),
    amendOrder: away("amendOrder"),
    cancelOrder: away("cancelOrder"),
    cancelAllOrders: away("cancelAllOrders"),
    endOrderSession: away("endOrderSession"),
    readOrder: away("readOrder"),
    listOrders: away("listOrders"),
    listFills: away("listFills"),
    readBalances: away("readBalances"),
    deposit: away("deposit"),
    transfer: away("transfer"),
    // Nobody is: a test sees what is asked behind it.
    readFrozen: async () => await Promise.resolve({ kind: "ok", value: [] }),
    withdraw: away("withdraw"),
    addAddress: away("addAddress"),
    listAddresses: away("listAddresses"),
    removeAddress: away("removeAddress"),
    listWithdrawals: away("listWithdrawals"),
    readLiabilityProof: away("readLiabilityProof"),
    readStatement: away("readStatement"),
    noteBank: away("noteBank"),
  };
}

export interface Fixture {
  readonly app: GatewayApp;
  /** What a 500 hid. */
  readonly unexpected: unknown[];
  readonly ask: (method: string, path: string, init?: AskInit) => Promise<Response>;
}

export interface AskInit {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Sent instead of `body`, as it is. */
  readonly text?: string;
  readonly token?: string | null;
}

export interface FixtureDeps extends Partial<Omit<GatewayDeps, "services" | "authenticator">> {
  readonly services?: Partial<Services>;
  readonly authenticator?: Partial<Authenticator>;
}

export function createFixture(deps: FixtureDeps = {}): Fixture {
  const unexpected: unknown[] = [];
  const services = { ...createAwayServices(() => undefined), ...deps.services };
  const app = createApp({
    accounts: createAccountDirectory(services),
    markets: {
      get: (id) => (id === market.market ? market : undefined),
      list: () => [market],
      asset: (id) => assets.get(id),
      assets: () => [...assets.values()],
    },
    limits: {
      take: () => allowed,
      takeToken: () => allowed,
      returnToken: () => undefined,
    },
    observer: {
      startTrace: () => undefined,
      requestDone: () => undefined,
      unexpected: (error) => void unexpected.push(error),
    },
    testFunds: true,
    inFlightMax: 100,
    notReady: () => undefined,
    ...deps,
    authenticator: {
      fresh: true,
      recognise: () => undefined,
      authenticateKey: () => Promise.resolve(undefined),
      authenticate: (token) => Promise.resolve(token === TOKEN ? accountSeven : undefined),
      ...deps.authenticator,
    },
    services,
  });
  return {
    app,
    unexpected,
    async ask(method, path, { body, headers = {}, text, token = TOKEN } = {}) {
      const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const request = new Request(`http://gateway${path}`, {
        method,
        headers: {
          ...(sent === undefined ? {} : { "content-type": "application/json" }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
      });
      return await app.fetch(request, { clientAddress: () => "192.0.2.1" });
    },
  };
}

/** A limiter that limits nothing. */
export const allowed: LimitDecision = {
  policy: "reads",
  allowed: true,
  limit: 9,
  windowS: 1,
  remaining: 8,
  resetMs: 1,
};

export const accountSeven = {
  userId: "user-7",
  accountId: 7,
  sessionId: "session-7",
  tokenId: "token-7",
  expiresAtS: 4_000_000_000,
};
