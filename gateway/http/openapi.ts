/** What a route's declaration says in the OpenAPI document. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";

import type { ConnectionInfo, Scope } from "../deps.ts";
import { fieldErrorCodes, fieldPlaces } from "./field-error.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { problemKind } from "./problem-codes.ts";
import type { RouteShape } from "./route.ts";

const ProblemSchema = z
  .looseObject({
    type: z.string().openapi({ description: "A link to the code on the docs page." }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: "Stable: decide by it." }),
    requestId: z.string().openapi({ description: "Also in the `X-Request-Id` header." }),
    errors: z
      .array(
        z.strictObject({
          in: z.enum(fieldPlaces),
          path: z.string(),
          code: z.enum(fieldErrorCodes),
          message: z.string(),
        }),
      )
      .optional()
      .openapi({ description: "Every bad field, for VALIDATION_FAILED." }),
  })
  .openapi("Problem");

/** Any route may answer with these. */
const commonProblems = ["VALIDATION_FAILED", "OVERLOADED", "INTERNAL"] as const;
const accountProblems = [
  "UNAUTHENTICATED",
  "SCOPE_MISSING",
  "RATE_LIMITED",
  // A signature is over the body, which is read for it wherever there is one.
  "MALFORMED_JSON",
  "BODY_TOO_LARGE",
] as const;
const bodyProblems = ["MALFORMED_JSON", "UNSUPPORTED_MEDIA_TYPE", "BODY_TOO_LARGE"] as const;

export function documentRoute<Path, Query, Headers, Body>(
  app: OpenAPIHono<{ Bindings: ConnectionInfo }>,
  shape: RouteShape<Path, Query, Headers, Body>,
  access: "open" | Scope,
): void {
  const { schema: pathSchema } = shape.pathFields;
  const { schema: querySchema } = shape.query;
  const { schema: headerSchema } = shape.headers;
  const { schema: bodySchema } = shape.body;
  const codes: ProblemCode[] = [
    ...commonProblems,
    ...(bodySchema === undefined ? [] : bodyProblems),
    ...(access === "open" ? [] : accountProblems),
    ...(shape.limit === undefined ? [] : (["RATE_LIMITED"] as const)),
    // At the edge, whatever would ask a service.
    ...(access !== "open" || shape.problems.includes("UNAVAILABLE")
      ? (["HUB_UNREACHABLE"] as const)
      : []),
    ...shape.problems,
  ];
  app.openAPIRegistry.registerPath({
    method: shape.method,
    path: shape.path,
    tags: [shape.tag],
    summary: shape.summary,
    ...(shape.description === undefined ? {} : { description: shape.description }),
    ...(access === "open" ? {} : { security: securityOf(access) }),
    ...(shape.limit === undefined
      ? {}
      : { "x-rate-limit": { policy: shape.limit, points: shape.weight ?? 1 } }),
    request: {
      ...(isObject(pathSchema) ? { params: pathSchema } : {}),
      ...(isObject(querySchema) ? { query: querySchema } : {}),
      ...(isObject(headerSchema) ? { headers: headerSchema } : {}),
      ...(bodySchema === undefined
        ? {}
        : { body: { required: true, content: { "application/json": { schema: bodySchema } } } }),
    },
    responses: { ...successResponses(shape.successes), ...problemResponses(codes) },
  });
}

function securityOf(scope: Scope): Record<string, string[]>[] {
  return [{ accessToken: [] }, ...(scope === "session" ? [] : [{ apiKey: [scope] }])];
}

function isObject(schema: z.ZodType | undefined): schema is z.ZodObject {
  return schema instanceof z.ZodObject && Object.keys(schema.shape).length > 0;
}

function successResponses(successes: RouteShape<never, never, never, never>["successes"]) {
  return Object.fromEntries(
    Object.entries(successes).map(([status, { description, schema, mediaType }]) => {
      const content = {
        ...(schema === undefined ? {} : { "application/json": { schema } }),
        ...(mediaType === undefined ? {} : { [mediaType]: { schema: z.string() } }),
      };
      return [status, { description, ...(Object.keys(content).length === 0 ? {} : { content }) }];
    }),
  );
}

/** One response a status, naming its codes. */
function problemResponses(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(new Set(codes), (code) => problemKind(code).status);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map((code) => `\`${code}\`: ${problemKind(code).title}.`).join(" "),
        content: { "application/problem+json": { schema: ProblemSchema } },
      },
    ]),
  );
}
