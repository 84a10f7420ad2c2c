/** The gateway as a `fetch` handler: no network, no Bun, so that it can run at the edge. */

import { OpenAPIHono } from "@hono/zod-openapi";

import type { ConnectionInfo, GatewayDeps } from "./deps.ts";
import { problem } from "./http/answer.ts";
import type { Router } from "./http/mount.ts";
import { observe } from "./http/mount.ts";
import { createRememberingRouter } from "./http/remembering-router.ts";
import { requestPath } from "./http/request-path.ts";
import { mountAccounts } from "./routes/accounts.ts";
import { apiKeyDescription, mountApiKeys } from "./routes/api-keys.ts";
import { mountAuth } from "./routes/auth.ts";
import { mountBank } from "./routes/bank.ts";
import { mountChangeOrder } from "./routes/change-order.ts";
import { mountLiabilities } from "./routes/liabilities.ts";
import { mountMarkets } from "./routes/markets.ts";
import { mountMoney } from "./routes/money.ts";
import { mountOperations } from "./routes/operations.ts";
import { mountOrders } from "./routes/orders.ts";
import { mountPasskeys } from "./routes/passkeys.ts";
import { mountPlaceOrder } from "./routes/place-order.ts";
import { mountPlacePair } from "./routes/place-pair.ts";
import { mountSecurity } from "./routes/security.ts";
import { mountSessions } from "./routes/sessions.ts";
import { mountStatements } from "./routes/statements.ts";
import { mountWithdrawalAddresses } from "./routes/withdrawal-addresses.ts";

export type { ConnectionInfo, GatewayDeps } from "./deps.ts";

export interface GatewayApp {
  fetch(request: Request, connection: ConnectionInfo): Response | Promise<Response>;
  /** Requests being worked on. */
  readonly inFlight: number;
}

export function createApp(deps: GatewayDeps): GatewayApp {
  const app = new OpenAPIHono<{ Bindings: ConnectionInfo }>({
    getPath: requestPath,
    router: createRememberingRouter(),
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "accessToken", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "apiKey",
    in: "header",
    name: "X-Api-Key",
    description: apiKeyDescription,
  });
  const router: Router = { app, deps, methods: new Map(), load: { inFlight: 0 } };
  mountPlaceOrder(router);
  mountPlacePair(router);
  mountChangeOrder(router);
  mountOrders(router);
  mountMarkets(router);
  mountMoney(router);
  mountAccounts(router);
  mountWithdrawalAddresses(router);
  mountStatements(router);
  mountLiabilities(router);
  mountBank(router);
  mountAuth(router);
  mountSessions(router);
  mountSecurity(router);
  mountPasskeys(router);
  mountApiKeys(router);
  mountOperations(router);
  refuseTheRest(router);
  return {
    fetch: (request, connection) => app.fetch(request, connection),
    get inFlight() {
      return router.load.inFlight;
    },
  };
}

/** Unknown addresses, and known ones with another method. Not a handler of each path: a second one would cost every request. */
function refuseTheRest({ app, deps, methods }: Router): void {
  const known = [...methods].map(([path, its]) => ({
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`),
    allow: [...(its.includes("GET") ? ["HEAD"] : []), ...its].toSorted().join(", "),
  }));
  app.notFound(({ req }) => {
    const route = known.find(({ pattern }) => pattern.test(req.path));
    const observed = observe(deps, { method: "ANY", route: "unknown", request: req.raw });
    return observed.finish(
      route === undefined
        ? problem("NOT_FOUND")
        : problem("METHOD_NOT_ALLOWED", { headers: { allow: route.allow } }),
    );
  });
  app.onError((error, { req }) => {
    const observed = observe(deps, { method: "ANY", route: "unknown", request: req.raw });
    deps.observer.unexpected(error, observed);
    return observed.finish(problem("INTERNAL"));
  });
}
