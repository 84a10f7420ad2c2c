/** What the gateway's app needs from outside. Types only, so that the app runs wherever `fetch` handlers run. */

import type { listAccounts, openAccount } from "@exchange/identity/accounts";
import type {
  endSession,
  endSessions,
  keySet,
  listSessions,
  logIn,
  logOut,
  refresh,
  signUp,
  TokenIdentity,
} from "@exchange/identity/api";
import type {
  ApiKeyGrant,
  ApiKeyScope,
  createApiKey,
  endApiKey,
  listApiKeys,
} from "@exchange/identity/api-keys";
import type {
  addPasskey,
  listPasskeys,
  logInWithPasskey,
  removePasskey,
  startPasskey,
  startPasskeyLogIn,
} from "@exchange/identity/passkeys";
import type {
  authorise,
  changePassword,
  confirmTotp,
  disableTotp,
  listSecurityEvents,
  readTotp,
  startTotp,
} from "@exchange/identity/security";
import type {
  CandleInterval,
  readBook,
  readCandles,
  readTicker,
  readTrades,
} from "@exchange/market/api";
import type {
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
import type { MarketId } from "@exchange/streams/contract";
import type { Endpoint, MarketDirectory, Reply, RequestFailure } from "@exchange/streams/runtime";
import type {
  deposit,
  listWithdrawals,
  noteBank,
  readBalances,
  readLiabilityProof,
  readStatement,
  transfer,
  withdraw,
} from "@exchange/wallet/api";
import type { readFrozen } from "@exchange/wallet/freezes";
import type { addAddress, listAddresses, removeAddress } from "@exchange/wallet/guards";

/** A reply, or why there is none. `out of reach`: of an edge, and nothing was done. */
export type ServiceOutcome<Value> =
  Reply<Value> | { readonly kind: "failed"; readonly failure: RequestFailure | "out of reach" };

type ServiceCall<Called> =
  Called extends Endpoint<infer Request, infer Value>
    ? (body: Request, traceparent: string | undefined) => Promise<ServiceOutcome<Value>>
    : never;

/** Every service endpoint the gateway calls. A call never throws for a service that is away. */
export interface Services {
  readonly signUp: ServiceCall<typeof signUp>;
  readonly logIn: ServiceCall<typeof logIn>;
  readonly refresh: ServiceCall<typeof refresh>;
  readonly logOut: ServiceCall<typeof logOut>;
  readonly listSessions: ServiceCall<typeof listSessions>;
  readonly endSession: ServiceCall<typeof endSession>;
  readonly endSessions: ServiceCall<typeof endSessions>;
  readonly openAccount: ServiceCall<typeof openAccount>;
  readonly listAccounts: ServiceCall<typeof listAccounts>;
  readonly createApiKey: ServiceCall<typeof createApiKey>;
  readonly listApiKeys: ServiceCall<typeof listApiKeys>;
  readonly endApiKey: ServiceCall<typeof endApiKey>;
  readonly changePassword: ServiceCall<typeof changePassword>;
  readonly startTotp: ServiceCall<typeof startTotp>;
  readonly confirmTotp: ServiceCall<typeof confirmTotp>;
  readonly disableTotp: ServiceCall<typeof disableTotp>;
  readonly readTotp: ServiceCall<typeof readTotp>;
  readonly startPasskey: ServiceCall<typeof startPasskey>;
  readonly addPasskey: ServiceCall<typeof addPasskey>;
  readonly listPasskeys: ServiceCall<typeof listPasskeys>;
  readonly removePasskey: ServiceCall<typeof removePasskey>;
  readonly startPasskeyLogIn: ServiceCall<typeof startPasskeyLogIn>;
  readonly logInWithPasskey: ServiceCall<typeof logInWithPasskey>;
  readonly authorise: ServiceCall<typeof authorise>;
  readonly listSecurityEvents: ServiceCall<typeof listSecurityEvents>;
  readonly keySet: ServiceCall<typeof keySet>;
  readonly readBook: ServiceCall<typeof readBook>;
  readonly readTrades: ServiceCall<typeof readTrades>;
  readonly readTicker: ServiceCall<typeof readTicker>;
  readonly readCandles: ServiceCall<typeof readCandles>;
  readonly placeOrder: ServiceCall<typeof placeOrder>;
  readonly placePair: ServiceCall<typeof placePair>;
  readonly amendOrder: ServiceCall<typeof amendOrder>;
  readonly cancelOrder: ServiceCall<typeof cancelOrder>;
  readonly cancelAllOrders: ServiceCall<typeof cancelAllOrders>;
  readonly endOrderSession: ServiceCall<typeof endOrderSession>;
  readonly readOrder: ServiceCall<typeof readOrder>;
  readonly listOrders: ServiceCall<typeof listOrders>;
  readonly listFills: ServiceCall<typeof listFills>;
  readonly readBalances: ServiceCall<typeof readBalances>;
  readonly deposit: ServiceCall<typeof deposit>;
  readonly transfer: ServiceCall<typeof transfer>;
  readonly readFrozen: ServiceCall<typeof readFrozen>;
  readonly withdraw: ServiceCall<typeof withdraw>;
  readonly addAddress: ServiceCall<typeof addAddress>;
  readonly listAddresses: ServiceCall<typeof listAddresses>;
  readonly removeAddress: ServiceCall<typeof removeAddress>;
  readonly listWithdrawals: ServiceCall<typeof listWithdrawals>;
  readonly readLiabilityProof: ServiceCall<typeof readLiabilityProof>;
  readonly readStatement: ServiceCall<typeof readStatement>;
  readonly noteBank: ServiceCall<typeof noteBank>;
}

export type Markets = Pick<MarketDirectory, "get" | "list" | "asset" | "assets">;

/** Who sends a request: the holder of a session's token, or a program with one of the user's API keys. */
export interface Caller extends TokenIdentity {
  /** Absent for a session, which may do everything. */
  readonly key?: ApiKeyGrant;
  /** The user's main account, where `accountId` is another one. */
  readonly mainAccountId?: number;
}

/** Whose accounts are whose. */
export interface AccountDirectory {
  /** `unknown`: there is none, or it is somebody else's. `unavailable`: that cannot be known now. */
  find(userId: string, accountId: number): Promise<"own" | "unknown" | "unavailable">;
}

/** What a caller with an API key needs for a route; `session`: no key opens it. */
export type Scope = ApiKeyScope | "session";

/** A request as its sender signed it. */
export interface SignedRequest {
  readonly keyId: string;
  readonly timeMs: string;
  readonly nonce: string;
  readonly signature: string;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  readonly body: string;
  readonly clientAddress: string;
}

export interface Authenticator {
  /** As `authenticate`, of a signed request; its nonce is used up when it is good. */
  authenticateKey(request: SignedRequest): Promise<Caller | undefined | "unavailable">;
  /**
   * The claims of a token that was found good before and still is, or the answer on a token that is being
   * looked at for another request; undefined for a token that would have to be looked at.
   */
  recognise(token: string): TokenIdentity | ReturnType<Authenticator["authenticate"]> | undefined;
  /**
   * The claims of a token that is genuine, not expired and not revoked; undefined for any other;
   * `unavailable` while that cannot be known.
   */
  authenticate(token: string): Promise<TokenIdentity | undefined | "unavailable">;
  /** Whether the list of revoked tokens is less than a second old. */
  readonly fresh: boolean;
}

/** What a limiter says about one request. */
export interface LimitDecision {
  /** Which limit speaks, as clients are told. */
  readonly policy: string;
  readonly allowed: boolean;
  /** Points a full window holds, and how long it is. */
  readonly limit: number;
  readonly windowS: number;
  readonly remaining: number;
  /** Until the window is full again or, when refused, until the same may pass. */
  readonly resetMs: number;
}

/** Each has its own points: of an account or, without one, of a client address. */
export type LimitName = "auth" | "orders" | "reads";

export interface LimitedRequest {
  readonly name: LimitName;
  /** What the request weighs: 1 for the cheapest. Of `auth` every request weighs the same. */
  readonly points: number;
  readonly clientAddress: () => string;
  /** The user's main account: a user has no more points for having more accounts. */
  readonly accountId?: number;
  /** Of the API key it was signed with. */
  readonly keyId?: string;
}

export interface Limits {
  /** Counts for the address and the API key, too. */
  take(request: LimitedRequest): LimitDecision | Promise<LimitDecision>;
  /** One token that nobody has seen yet, or none at all, from a client address. */
  takeToken(address: string): LimitDecision;
  /** The token was good, and so it does not count. */
  returnToken(address: string): void;
}

/** One sampled request's root span. */
export interface RootSpan {
  readonly traceparent: string;
  end(status: number): void;
}

export interface ObservedRequest {
  readonly method: string;
  /** The route's pattern, so that ids do not become metric labels. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

export interface Observer {
  /** `hint`: the client's valid `traceparent` with the sampled flag. */
  startTrace(name: string, hint: string | undefined): RootSpan | undefined;
  requestDone(request: ObservedRequest): void;
  /** What a 500 hides from the client. */
  unexpected(
    error: unknown,
    request: Pick<ObservedRequest, "requestId"> & Partial<Pick<ObservedRequest, "traceparent">>,
  ): void;
}

/** A market's view as it was last known, and how long ago the exchange, asked for it, had nothing newer. */
export interface Known {
  readonly body: object;
  readonly ageMs: number;
}

/** Undefined: it was never known here. */
export interface LastKnown {
  book(market: MarketId, depth: number): Known | undefined;
  ticker(market: MarketId): Known | undefined;
  trades(market: MarketId, limit: number): Known | undefined;
  candles(market: MarketId, interval: CandleInterval, limit: number): Known | undefined;
}

/** What a gateway knows that is not beside the exchange. */
export interface Edge {
  /** Whether the exchange is out of its reach. */
  isCutOff(): boolean;
  /** Since the exchange was heard, which says nothing of its market data. */
  silentMs(): number;
  readonly lastKnown: LastKnown;
  /** Calls back when it is cut off and when it is not any more. */
  onChange(listener: () => void): void;
}

export interface GatewayDeps {
  readonly services: Services;
  readonly markets: Markets;
  readonly accounts: AccountDirectory;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly observer: Observer;
  /** Absent beside the exchange. */
  readonly edge?: Edge | undefined;
  /** Whether `POST /v1/deposits` makes test money. */
  readonly testFunds: boolean;
  /** Requests worked on at once; one more is answered 503 before anything is done. */
  readonly inFlightMax: number;
  /** Undefined when ready, else what is missing. */
  readonly notReady: () => string | undefined | Promise<string | undefined>;
}

/** What the server tells the app about one connection. */
export interface ConnectionInfo {
  readonly clientAddress: () => string;
}
