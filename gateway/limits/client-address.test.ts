import { expect, test } from "bun:test";

import { clientAddressOf } from "./client-address.ts";

test.each([
  ["without proxies the header means nothing", "203.0.113.9", 0, "192.0.2.1"],
  ["one proxy adds the client last", "10.9.9.9, 203.0.113.9", 1, "203.0.113.9"],
  ["two proxies: the last is the first proxy", "1.1.1.1, 203.0.113.9, 10.0.0.1", 2, "203.0.113.9"],
  ["too short a list is not believed", "203.0.113.9", 2, "192.0.2.1"],
  ["no address is not believed", "1.1.1.1, <script>", 1, "192.0.2.1"],
  ["IPv6 is an address", "2001:db8::1", 1, "2001:db8::1"],
])("%s", (_, forwarded, hops, address) => {
  const headers = new Headers({ "x-forwarded-for": forwarded });
  expect(clientAddressOf(headers, "192.0.2.1", hops)).toBe(address);
});
