/** The routes of a running gateway, as its own document describes them. */

import { z } from "zod";

import type { Components } from "./json-schema.ts";
import { JsonSchema, resolveSchema } from "./json-schema.ts";

const methods = ["get", "post", "patch", "delete"] as const;

export interface Parameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export interface Route {
  /** `POST /v1/orders`. */
  readonly name: string;
  readonly method: Uppercase<(typeof methods)[number]>;
  /** `/v1/orders/{id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
  readonly needsToken: boolean;
  readonly responses: ReadonlyMap<number, DocumentedResponse>;
  readonly components: Components;
}

export interface DocumentedResponse {
  /** Of a problem: the codes that may come with the status. */
  readonly codes: ReadonlySet<string>;
  readonly mediaTypes: readonly string[];
  /** Of JSON that is no problem. */
  readonly schema: JsonSchema | undefined;
}

const Content = z.record(z.string(), z.object({ schema: JsonSchema.optional() }));

const Operation = z.object({
  security: z.array(z.unknown()).optional(),
  parameters: z
    .array(
      z.object({
        in: z.enum(["path", "query", "header"]),
        name: z.string(),
        required: z.boolean().default(false),
        schema: JsonSchema,
      }),
    )
    .default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(
    z.string(),
    z.object({ description: z.string(), content: Content.optional() }),
  ),
});

const OpenApi = z.object({
  openapi: z.literal("3.1.0"),
  paths: z.record(z.string(), z.record(z.enum(methods), Operation.optional())),
  components: z.object({ schemas: z.record(z.string(), JsonSchema) }),
});

export async function readRoutes(gatewayUrl: string): Promise<readonly Route[]> {
  const response = await fetch(`${gatewayUrl}/openapi.json`);
  const document = OpenApi.parse(await response.json());
  const components = document.components.schemas;
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    methods.flatMap((method) => {
      const operation = operations[method];
      return operation === undefined
        ? []
        : [describeRoute({ method, path }, operation, components)];
    }),
  );
}

function describeRoute(
  { method, path }: { readonly method: (typeof methods)[number]; readonly path: string },
  operation: z.infer<typeof Operation>,
  components: Components,
): Route {
  const upper = ({ get: "GET", post: "POST", patch: "PATCH", delete: "DELETE" } as const)[method];
  const body = operation.requestBody?.content["application/json"]?.schema;
  return {
    name: `${upper} ${path}`,
    method: upper,
    path,
    parameters: operation.parameters.map((parameter) => ({
      ...parameter,
      schema: resolveSchema(parameter.schema, components),
    })),
    body: body === undefined ? undefined : resolveSchema(body, components),
    needsToken: operation.security !== undefined,
    responses: new Map(
      Object.entries(operation.responses).map(([status, { description, content = {} }]) => [
        Number(status),
        {
          codes: new Set(
            [...description.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, code = ""]) => code),
          ),
          mediaTypes: Object.keys(content),
          schema: content["application/json"]?.schema,
        },
      ]),
    ),
    components,
  };
}
