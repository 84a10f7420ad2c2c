/** Many requests with something wrong in them, at every route of a gateway whose services are away. */

import { heapStats } from "bun:jsc";
import { expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { createFixture } from "./testing/fixture.ts";
import type { FuzzedRequest } from "./testing/fuzz.ts";
import { fuzzRoutes } from "./testing/fuzz.ts";
import { nastyText } from "./testing/nasty.ts";

setDefaultTimeout(600_000);

const BY_SCHEMA = 10_000;
const RAW = 2000;
/** What is kept for good, such as compiled code, is there after so many. */
const WARM_UP = 500;
const HEAP_GROWTH_MAX = 1.1;

const { app, ask, unexpected } = createFixture();
const routes = fuzzRoutes(await (await ask("GET", "/openapi.json")).json());

/** Bytes that nobody made from a schema, under the route's address. */
function rawRequests(route: (typeof routes)[number]): fc.Arbitrary<FuzzedRequest> {
  const body = fc.oneof(nastyText, fc.string({ unit: "binary", maxLength: 2000 }));
  return fc
    .tuple(route.requests, body, fc.string({ unit: "binary-ascii" }))
    .map(([request, text, query]) => ({
      ...request,
      path: `${request.path.split("?")[0] ?? ""}?${encodeURI(query)}`,
      body: request.body === undefined ? undefined : text,
    }));
}

async function check({ method, path, headers, body }: FuzzedRequest): Promise<void> {
  const text = body === undefined ? {} : { text: body };
  const response = await ask(method, path, { headers, ...text });
  const { status } = response;
  // Services that are away are 503, and a fault of the gateway is 500.
  if (unexpected.length > 0 || status === 500)
    throw new Error(`${status}: ${String(unexpected[0])}`);
  const answer = await response.text();
  if (status >= 400 && !/"code":"[A-Z_]+"/.test(answer)) throw new Error(`${status}: ${answer}`);
}

async function send(requests: fc.Arbitrary<FuzzedRequest>, numRuns: number): Promise<void> {
  await fc.assert(fc.asyncProperty(requests, check), { numRuns });
}

function heapBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

test.each(routes)("$name answers 12,000 mutations and keeps none of them", async (route) => {
  await send(route.requests, WARM_UP);
  await send(rawRequests(route), WARM_UP);
  const before = heapBytes();
  await send(route.requests, BY_SCHEMA);
  await send(rawRequests(route), RAW);
  expect(app.inFlight).toBe(0);
  expect(heapBytes() / before).toBeLessThan(HEAP_GROWTH_MAX);
});
