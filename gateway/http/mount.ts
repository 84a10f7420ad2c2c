/** The way of every request: count, authenticate, limit, read, decide, respond, observe. */

import { unreachable } from "@exchange/streams/contract";
import type { OpenAPIHono } from "@hono/zod-openapi";

import type { Admission } from "../auth/admit-token.ts";
import { admitKey, admitToken } from "../auth/admit-token.ts";
import type {
  Caller,
  ConnectionInfo,
  GatewayDeps,
  LimitDecision,
  LimitedRequest,
} from "../deps.ts";
import { networkOf } from "../limits/network.ts";
import { createAddressMemory } from "./address-memory.ts";
import type { Answer, Problem } from "./answer.ts";
import { invalid, problem } from "./answer.ts";
import { choiceProblems, choiceReader, chooseAccount, pointToAccount } from "./chosen-account.ts";
import type { FieldError, Parsed } from "./field-error.ts";
import { documentRoute } from "./openapi.ts";
import { readBody, readJson } from "./read-json.ts";
import {
  bearerToken,
  hasKeyHeaders,
  headerFields,
  queryFields,
  requestIdOf,
  signedRequest,
  traceHint,
} from "./request-fields.ts";
import { respond, statusOf } from "./respond.ts";
import type { AccountRoute, Call, RouteShape } from "./route.ts";
import { routerPath } from "./route.ts";

export interface Router {
  readonly app: OpenAPIHono<{ Bindings: ConnectionInfo }>;
  readonly deps: GatewayDeps;
  /** Methods by path, for 405 and `Allow`. */
  readonly methods: Map<string, string[]>;
  /** Requests being worked on. */
  readonly load: { inFlight: number };
}

type Guard<Identity> = (
  deps: GatewayDeps,
  request: Request,
  connection: ConnectionInfo,
) => Promise<Passed<Identity> | Problem>;

interface Passed<Identity> {
  readonly kind: "passed";
  readonly identity: Identity;
  /** The body, when its signature had to be checked. */
  readonly signedBody?: string;
}

type Handler<Path, Query, Headers, Body, Identity> = (
  call: Call<Path, Query, Headers, Body, Identity>,
) => Promise<Answer> | Answer;

/** A route anybody may call. */
export function mountOpen<Path, Query, Headers, Body>(
  router: Router,
  shape: RouteShape<Path, Query, Headers, Body>,
  handler: Handler<Path, Query, Headers, Body, undefined>,
): void {
  documentRoute(router.app, shape, "open");
  mount(router, { shape, guard: admitAnybody, countedOf: () => ({}) }, handler);
}

/** A route for the holder of an access token or, unless its scope is `session`, of an API key with that scope. */
export function mountAccount<Path, Query, Headers, Body>(
  router: Router,
  shape: RouteShape<Path, Query, Headers, Body> & AccountRoute,
  handler: Handler<Path, Query, Headers, Body, Caller>,
): void {
  const { accounts, problems, query } = shape;
  if (accounts !== "chosen") {
    const all = accounts === "main" ? [...problems, "MAIN_ACCOUNT_ONLY" as const] : problems;
    mountGuarded(router, { ...shape, problems: all }, handler);
    return;
  }
  const choice = { query: choiceReader(query), problems: [...problems, ...choiceProblems] };
  mountGuarded(router, { ...shape, ...choice }, async (call) => {
    const { account, query: rest } = call.query;
    if (account === undefined) return await handler({ ...call, query: rest });
    const chosen = await chooseAccount(router.deps, call.identity, account);
    if (chosen.kind === "problem") return chosen;
    const answer = await handler({ ...call, query: rest, identity: chosen.caller });
    return pointToAccount(answer, account);
  });
}

function mountGuarded<Path, Query, Headers, Body>(
  router: Router,
  shape: RouteShape<Path, Query, Headers, Body> & AccountRoute,
  handler: Handler<Path, Query, Headers, Body, Caller>,
): void {
  const { scope, accounts } = shape;
  documentRoute(router.app, shape, scope);
  const guard: Guard<Caller> = async (deps, request, connection) => {
    const passed = await admitCaller(deps, request, connection);
    if (passed.kind === "problem" || passed.identity.key === undefined) return passed;
    const { key, mainAccountId } = passed.identity;
    if (!key.scopes.some((one) => one === scope)) return problem("SCOPE_MISSING");
    return accounts === "main" && mainAccountId !== undefined
      ? problem("MAIN_ACCOUNT_ONLY")
      : passed;
  };
  mount(router, { shape, guard, countedOf }, handler);
}

const admitAnybody: Guard<undefined> = () =>
  Promise.resolve({ kind: "passed", identity: undefined });

const admitCaller: Guard<Caller> = async (deps, request, { clientAddress }) => {
  // Whether a token was revoked meanwhile cannot be known, nor anything that is not public be done.
  if (deps.edge?.isCutOff() === true) return problem("HUB_UNREACHABLE");
  if (!hasKeyHeaders(request.headers)) {
    return passedIf(await admitToken(deps, bearerToken(request.headers), clientAddress));
  }
  const body = await readBody(request);
  if (typeof body !== "string") return body;
  const signed = signedRequest(request, { body, clientAddress: clientAddress() });
  const passed = passedIf(await admitKey(deps, signed, clientAddress()));
  return passed.kind === "passed" ? { ...passed, signedBody: body } : passed;
};

function passedIf(admission: Admission): Passed<Caller> | Problem {
  switch (admission.kind) {
    case "admitted":
      return { kind: "passed", identity: admission.identity };
    case "refused":
      return problem("UNAUTHENTICATED");
    case "unavailable":
      return problem("UNAVAILABLE");
    case "limited":
      return problem("RATE_LIMITED", { headers: limitHeaders(admission.decision) });
    default:
      return unreachable(admission);
  }
}

function countedOf({ accountId, mainAccountId = accountId, key }: Caller): Counted {
  return key === undefined
    ? { accountId: mainAccountId }
    : { accountId: mainAccountId, keyId: key.keyId };
}

/** What requests are counted by besides the client's address. */
type Counted = Pick<LimitedRequest, "accountId" | "keyId">;

interface Mounted<Path, Query, Headers, Body, Identity> {
  readonly shape: RouteShape<Path, Query, Headers, Body>;
  readonly guard: Guard<Identity>;
  readonly countedOf: (identity: Identity) => Counted;
}

function mount<Path, Query, Headers, Body, Identity>(
  router: Router,
  mounted: Mounted<Path, Query, Headers, Body, Identity>,
  handler: Handler<Path, Query, Headers, Body, Identity>,
): void {
  const { app, deps, methods, load } = router;
  const { shape, guard, countedOf: ownerOf } = mounted;
  const { limit, weight: points = 1 } = shape;
  const method = shape.method.toUpperCase();
  const path = routerPath(shape.path);
  const readInput = inputReader(shape);
  methods.set(path, [...(methods.get(path) ?? []), method]);

  app.on(method, path, async (context) => {
    const request = context.req.raw;
    const observed = observe(deps, { method, route: shape.path, request });
    const limited: { headers?: Record<string, string> } = {};

    async function decide(): Promise<Answer> {
      // What has no limit of its own tells others how the process is, most of all under load.
      if (limit !== undefined && load.inFlight > deps.inFlightMax) {
        return problem("OVERLOADED");
      }
      const admitted = await guard(deps, request, context.env);
      if (admitted.kind === "problem") return admitted;
      if (limit !== undefined) {
        const { clientAddress } = context.env;
        const owner = ownerOf(admitted.identity);
        const decision = await takeLimit(deps, { name: limit, points, clientAddress, ...owner });
        limited.headers = limitHeaders(decision);
        if (!decision.allowed) return problem("RATE_LIMITED");
      }
      const { signedBody } = admitted;
      const pathRaw = (): PathFields => context.req.param();
      const read = readInput({ request, pathRaw, signedBody });
      const input = read instanceof Promise ? await read : read;
      if (input.kind === "problem") return input;
      const { identity } = admitted;
      return await handler({
        ...input.value,
        identity,
        request,
        network: () => networkOf(context.env.clientAddress()),
        traceparent: observed.traceparent,
      });
    }

    load.inFlight += 1;
    try {
      return observed.finish(await decide(), limited.headers);
    } catch (error) {
      deps.observer.unexpected(error, observed);
      return observed.finish(problem("INTERNAL"), limited.headers);
    } finally {
      load.inFlight -= 1;
    }
  });
}

interface Observed {
  readonly requestId: string;
  readonly traceparent: string | undefined;
  finish(answer: Answer, headers?: Readonly<Record<string, string>>): Response;
}

/** Starts what is measured about a request; also for requests that no route takes. */
export function observe(
  { observer }: GatewayDeps,
  { method, route, request }: { method: string; route: string; request: Request },
): Observed {
  const startedMs = performance.now();
  const requestId = requestIdOf(request.headers);
  const span = observer.startTrace(`${method} ${route}`, traceHint(request.headers));
  return {
    requestId,
    traceparent: span?.traceparent,
    finish(answer, headers) {
      const status = statusOf(answer);
      span?.end(status);
      observer.requestDone({
        method,
        route,
        status,
        durationMs: performance.now() - startedMs,
        requestId,
        traceparent: span?.traceparent,
      });
      return respond(answer, requestId, headers);
    },
  };
}

async function takeLimit({ limits }: GatewayDeps, request: LimitedRequest): Promise<LimitDecision> {
  const decision = limits.take(request);
  return decision instanceof Promise ? await decision : decision;
}

/** As draft-ietf-httpapi-ratelimit-headers says. */
function limitHeaders(decision: LimitDecision): Record<string, string> {
  const { policy, allowed, limit, windowS, remaining, resetMs } = decision;
  const resetS = Math.ceil(resetMs / 1000);
  const headers: Record<string, string> = {
    ratelimit: `"${policy}";r=${remaining};t=${resetS}`,
    "ratelimit-policy": `"${policy}";q=${limit};w=${windowS}`,
  };
  // Set after the problem's own, and so instead of it.
  if (!allowed) headers["retry-after"] = String(Math.max(1, resetS));
  return headers;
}

interface Input<Path, Query, Headers, Body> {
  readonly path: Path;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

type PathFields = Readonly<Record<string, string>>;

interface Received {
  readonly request: Request;
  readonly pathRaw: () => PathFields;
  readonly signedBody: string | undefined;
}

type Read<Value> = { readonly kind: "input"; readonly value: Value } | Problem;

/** Of a route that reads nothing but its address, addresses that are asked for often are read once. */
function inputReader<Path, Query, Headers, Body>(
  shape: RouteShape<Path, Query, Headers, Body>,
): (
  received: Received,
) => Read<Input<Path, Query, Headers, Body>> | Promise<Read<Input<Path, Query, Headers, Body>>> {
  if (shape.body.schema !== undefined) {
    return async (received) => {
      const json = await readJson(received.request, received.signedBody);
      return json.kind === "problem" ? json : readParts(shape, received, json.value);
    };
  }
  if (shape.headerNames !== undefined) return (received) => readParts(shape, received, undefined);
  const known = createAddressMemory<Read<Input<Path, Query, Headers, Body>>>();
  return (received) => {
    const { url } = received.request;
    const before = known.get(url);
    if (before !== undefined) return before;
    const read = readParts(shape, received, undefined);
    if (read.kind === "input") known.set(url, read);
    return read;
  };
}

/** Every part is read before the first error is answered, so that one answer names them all. */
function readParts<Path, Query, Headers, Body>(
  shape: RouteShape<Path, Query, Headers, Body>,
  { request, pathRaw }: Received,
  json: unknown,
): Read<Input<Path, Query, Headers, Body>> {
  const queryRaw = queryFields(request.url);
  const path = shape.pathFields.read(pathRaw());
  const query = shape.query.read(queryRaw.raw);
  const headers = shape.headers.read(headerFields(request.headers, shape.headerNames ?? []));
  const body = shape.body.read(json);
  if (
    path.kind === "valid" &&
    query.kind === "valid" &&
    headers.kind === "valid" &&
    body.kind === "valid" &&
    queryRaw.errors.length === 0
  ) {
    return {
      kind: "input",
      value: { path: path.value, query: query.value, headers: headers.value, body: body.value },
    };
  }
  const errors = [path, query, headers, body].flatMap(errorsIn);
  return invalid([...queryRaw.errors, ...errors]);
}

function errorsIn(parsed: Parsed<unknown>): readonly FieldError[] {
  return parsed.kind === "invalid" ? parsed.errors : [];
}
