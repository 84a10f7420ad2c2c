/** The OpenAPI document as one page of plain HTML: no script, nothing from outside. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

import { problemKinds } from "../http/problem-codes.ts";

type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;
type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
type Operation = NonNullable<PathItem["get"]>;
type Content = Readonly<Record<string, { readonly schema?: unknown }>>;
type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export async function renderDocs(document: OpenApiDocument): Promise<string> {
  const { info, paths = {}, components } = document;
  return String(
    await html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width" />
          <title>${info.title} API</title>
          <link rel="stylesheet" href="/docs.css" />
        </head>
        <body>
          <h1>${info.title} API</h1>
          <p>
            ${renderText(info.description)} <a href="/openapi.json">OpenAPI ${document.openapi}</a>
          </p>
          <nav>${Object.entries(paths).map(([path, item]) => renderLinks(path, item))}</nav>
          ${Object.entries(paths).map(([path, item]) => renderPath(path, item))}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(components?.schemas ?? {}).map(
            ([name, schema]) =>
              html`<h3 id="schema-${name}">${name}</h3>
                ${renderJson(schema)}`,
          )}
          <h2 id="problems">Problem codes</h2>
          <table>
            ${Object.entries(problemKinds).map(
              ([code, { status, title }]) =>
                html`<tr id="${code}">
                  <td><code>${code}</code></td>
                  <td>${status}</td>
                  <td>${title}</td>
                </tr>`,
            )}
          </table>
        </body>
      </html> `,
  );
}

function operationsOf(item: PathItem): [string, Operation][] {
  const { get, post, delete: remove } = item;
  const all: [string, Operation | undefined][] = [
    ["GET", get],
    ["POST", post],
    ["DELETE", remove],
  ];
  return all.flatMap(([method, operation]) =>
    operation === undefined ? [] : [[method, operation]],
  );
}

/** Descriptions mark code as Markdown does. */
function renderText(text: string | undefined): (Html | string)[] {
  return (text ?? "")
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}

function anchor(method: string, path: string): string {
  return `${method}-${path.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
}

function renderLinks(path: string, item: PathItem): Html[] {
  return operationsOf(item).map(
    ([method]) => html`<a href="#${anchor(method, path)}"><b>${method}</b> ${path}</a>`,
  );
}

function renderPath(path: string, item: PathItem): Html[] {
  return operationsOf(item).map(
    ([method, operation]) =>
      html`<section id="${anchor(method, path)}">
        <h2><b>${method}</b> ${path}</h2>
        <p>
          ${operation.summary ?? ""}${operation.security === undefined ? "" : " · access token"}
        </p>
        ${operation.description === undefined ? "" : html`<p>${renderText(operation.description)}</p>`}
        ${renderParameters(operation)} ${renderBody(operation)}
        <table>
          ${renderResponses(operation)}
        </table>
      </section>`,
  );
}

function renderParameters({ parameters = [] }: Operation): Html {
  const rows = parameters.map((parameter) =>
    "name" in parameter
      ? html`<tr>
          <td><code>${parameter.name}</code></td>
          <td>${parameter.in}${parameter.required === true ? ", required" : ""}</td>
          <td>${renderText(describe(parameter.schema))}</td>
        </tr>`
      : html``,
  );
  return rows.length === 0
    ? html``
    : html`<table>
        ${rows}
      </table>`;
}

function renderBody({ requestBody }: Operation): Html {
  if (requestBody === undefined || !("content" in requestBody)) return html``;
  return html`<p>Body: ${renderContent(requestBody.content)}</p>`;
}

function renderResponses({ responses = {} }: Operation): Html[] {
  return Object.entries(responses).map(([status, response]: [string, unknown]) => {
    const { description, content } = asResponse(response);
    return html`<tr>
      <td>${status}</td>
      <td>${renderText(description)}</td>
      <td>${renderContent(content)}</td>
    </tr>`;
  });
}

function asResponse(response: unknown): { description: string; content: Content } {
  if (typeof response !== "object" || response === null) return { description: "", content: {} };
  const description = "description" in response ? String(response.description) : "";
  const content =
    "content" in response && typeof response.content === "object" ? response.content : null;
  return { description, content: Object.fromEntries(Object.entries(content ?? {})) };
}

function renderContent(content: Content): Html[] {
  return Object.entries(content).map(([mediaType, { schema }]) => {
    const name = JSON.stringify(schema ?? {}).match(/#\/components\/schemas\/(\w+)/)?.[1];
    return name === undefined
      ? html`<code>${mediaType}</code> `
      : html`<a href="#schema-${name}">${name}</a> `;
  });
}

/** What a parameter means and which values it takes. */
function describe(schema: unknown): string {
  if (typeof schema !== "object" || schema === null) return "";
  const said = "description" in schema ? [String(schema.description)] : [];
  if ("enum" in schema && Array.isArray(schema.enum)) {
    said.push(schema.enum.map((value) => `\`${String(value)}\``).join(", "));
  }
  if ("minimum" in schema && "maximum" in schema) {
    said.push(`${String(schema.minimum)} to ${String(schema.maximum)}`);
  }
  if ("default" in schema) said.push(`otherwise ${String(schema.default)}`);
  return said.join("; ");
}

function renderJson(value: unknown): Html {
  return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
}

export const docsStyle = `:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
nav { columns: 20rem; }
nav a { display: block; text-decoration: none; }
h2 { margin-top: 2.5rem; font-size: 1.2rem; }
h2 b, nav b { display: inline-block; min-width: 4.5rem; font-size: 0.8em; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
td { border-top: 1px solid #8884; padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; }
pre { overflow: auto; background: #8881; padding: 0.75rem; font-size: 0.85rem; }
tr:target { background: #fc04; }
`;
