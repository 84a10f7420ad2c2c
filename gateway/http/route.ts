/** One route: what it takes and answers, declared once for the pipeline and for the OpenAPI document. */

import type { z } from "@hono/zod-openapi";

import type { LimitName, Scope } from "../deps.ts";
import type { ProblemCode } from "./problem-codes.ts";
import type { Reader } from "./reader.ts";

export interface SuccessShape {
  readonly description: string;
  /** JSON by this schema; absent for an empty body or for `mediaType`. */
  readonly schema?: z.ZodType;
  /** Of a body that is not JSON, or need not be. */
  readonly mediaType?: string;
}

/** What `mountAccount` has to know besides. */
export interface AccountRoute {
  /** Which API keys open it. */
  readonly scope: Scope;
  /**
   * `chosen`: for any of the user's accounts, by the query's `account`. `main`: for the main one only. Absent: what it
   * is about is the user, and not an account.
   */
  readonly accounts?: "chosen" | "main";
}

export interface RouteShape<Path, Query, Headers, Body> {
  readonly method: "get" | "post" | "patch" | "delete";
  /** `/v1/orders/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly limit?: LimitName;
  /** Points of the limit that a request takes; 1 when absent. */
  readonly weight?: number;
  readonly pathFields: Reader<Path>;
  readonly query: Reader<Query>;
  readonly headers: Reader<Headers>;
  /** Names the headers reader may see. */
  readonly headerNames?: readonly string[];
  readonly body: Reader<Body>;
  readonly successes: Readonly<Record<number, SuccessShape>>;
  /** Beyond those that every route may answer with. */
  readonly problems: readonly ProblemCode[];
}

/** A request after everything about it was checked. */
export interface Call<Path, Query, Headers, Body, Identity> {
  readonly path: Path;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  readonly identity: Identity;
  readonly request: Request;
  /** Where it comes from: what one client cannot change at will. */
  readonly network: () => string;
  readonly traceparent: string | undefined;
}

/** The address as the router spells it. */
export function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}
