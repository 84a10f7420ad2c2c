import { expect, test } from "bun:test";

import { requestPath } from "./request-path.ts";

/** The server makes the address of what the client sent as its Host, whatever that is. */
function requestOf(url: string): Request {
  return Object.defineProperty(new Request("http://host/"), "url", { value: url });
}

test.each([
  ["http://127.0.0.1:8080/v1/orders?limit=1", "/v1/orders"],
  ["http://[/v1/ws", "/v1/ws"],
  ["/livez", "/livez"],
  ["/v1/fills?limit=1", "/v1/fills"],
  ["//livez", "//livez"],
])("the path of %s is %s", (url, path) => expect(requestPath(requestOf(url))).toBe(path));
