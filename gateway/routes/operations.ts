/** Whether it lives, whether it is ready, and what it offers. */

import { z } from "@hono/zod-openapi";

import { asyncApiDocument } from "../feed/asyncapi.ts";
import type { Content } from "../http/answer.ts";
import { problem, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountOpen } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { docsStyle, renderDocs } from "./docs-page.ts";

const plain = {
  method: "get",
  tag: "operations",
  pathFields: noPath,
  query: noQuery,
  headers: noHeaders,
  body: noBody,
  problems: [],
} as const;

export function mountOperations(router: Router): void {
  mountHealth(router);
  mountDocs(router);
  mountFeedDocument(router);
}

function mountHealth(router: Router): void {
  mountOpen(
    router,
    {
      ...plain,
      path: "/livez",
      summary: "The process runs",
      successes: { 200: { description: "It does.", mediaType: "text/plain" } },
    },
    () => text("ok\n"),
  );

  mountOpen(
    router,
    {
      ...plain,
      path: "/readyz",
      summary: "The gateway can serve",
      successes: { 200: { description: "It can.", mediaType: "text/plain" } },
      problems: ["UNAVAILABLE"],
    },
    async () => {
      const missing = await router.deps.notReady();
      return missing === undefined ? text("ok\n") : problem("UNAVAILABLE", { detail: missing });
    },
  );

  mountOpen(
    router,
    {
      ...plain,
      path: "/v1/ws",
      tag: "feed",
      summary: "WebSocket",
      description: "Live data. Anything but a WebSocket handshake is answered 426.",
      query: createReader("query", z.looseObject({})),
      successes: { 101: { description: "The connection is a WebSocket now." } },
      problems: ["UPGRADE_REQUIRED"],
    },
    () => problem("UPGRADE_REQUIRED", { headers: { upgrade: "websocket" } }),
  );
}

function mountDocs(router: Router): void {
  const { app } = router;
  // Made at the first request, when all routes are known, and kept: it is large and never changes.
  let document: ReturnType<typeof app.getOpenAPI31Document> | undefined;
  const openApi = () => (document ??= app.getOpenAPI31Document(openApiHead));
  let json: string | undefined;
  let page: Promise<string> | undefined;

  mountOpen(
    router,
    {
      ...plain,
      path: "/openapi.json",
      summary: "This interface as OpenAPI 3.1",
      successes: { 200: { description: "The document.", schema: z.looseObject({}) } },
    },
    () => {
      json ??= JSON.stringify(openApi());
      return content("application/json", json);
    },
  );

  mountOpen(
    router,
    {
      ...plain,
      path: "/docs",
      summary: "This interface as a page",
      successes: { 200: { description: "The page.", mediaType: "text/html" } },
    },
    async () => {
      page ??= renderDocs(openApi());
      return content("text/html; charset=utf-8", await page, {
        "content-security-policy":
          "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      });
    },
  );

  mountOpen(
    router,
    {
      ...plain,
      path: "/docs.css",
      summary: "How the page looks",
      successes: { 200: { description: "The style sheet.", mediaType: "text/css" } },
    },
    () => content("text/css; charset=utf-8", docsStyle),
  );

  mountOpen(
    router,
    {
      ...plain,
      path: "/",
      summary: "Where to start",
      successes: { 200: { description: "Links.", schema: z.looseObject({}) } },
    },
    () =>
      success(200, {
        docs: "/docs",
        openapi: "/openapi.json",
        asyncapi: "/asyncapi.json",
        markets: "/v1/markets",
      }),
  );
}

function mountFeedDocument(router: Router): void {
  let feed: string | undefined;
  mountOpen(
    router,
    {
      ...plain,
      path: "/asyncapi.json",
      summary: "The WebSocket feed as AsyncAPI 3.0",
      successes: { 200: { description: "The document.", schema: z.looseObject({}) } },
    },
    () => {
      feed ??= JSON.stringify(asyncApiDocument());
      return content("application/json", feed);
    },
  );
}

const openApiHead = {
  openapi: "3.1.0",
  info: {
    title: "Exchange",
    version: "1.0.0",
    description:
      "A spot exchange. Prices, quantities and money are decimal strings; what would have to be rounded is refused. " +
      "Errors are RFC 9457 problem documents: decide by `code`. Unknown fields are refused.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
};

function text(body: string): Content {
  return content("text/plain; charset=utf-8", body, { "cache-control": "no-store" });
}

function content(
  mediaType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Content {
  return {
    kind: "content",
    status: 200,
    text: body,
    headers: { "cache-control": "public, max-age=60", "content-type": mediaType, ...headers },
  };
}
