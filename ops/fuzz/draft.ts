/** A request before it is written down, so that one part of it can be made bad. */

import type { WireRequest } from "./ask.ts";
import type { Route } from "./routes.ts";

export interface Draft {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for a route that reads no body. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export function encodeDraft(draft: Draft, token: string | undefined): WireRequest {
  const { route, path, query, headers, body } = draft;
  const names = new URLSearchParams(query).toString();
  const encoded = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(path[name] ?? ""),
  );
  return {
    method: route.method,
    target: `${encoded}${names === "" ? "" : `?${names}`}`,
    headers: {
      ...headers,
      ...(route.needsToken && token !== undefined ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}
