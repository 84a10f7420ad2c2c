/**
 * Hono's routers by default, and what they found for the addresses that are asked for most. Here a parameter stands
 * beside a fixed part (`/v1/orders/pairs` and `/v1/orders/{id}/replace`), which leaves the slower of the two.
 */

import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

import { createAddressMemory } from "./address-memory.ts";

export function createRememberingRouter<Handler>(): Router<Handler> {
  const found = createAddressMemory<Result<Handler>>();
  const router = new SmartRouter<Handler>({ routers: [new RegExpRouter(), new TrieRouter()] });
  return {
    name: "RememberingRouter",
    add: (method, path, handler) => router.add(method, path, handler),
    match(method, path) {
      const address = `${method} ${path}`;
      const known = found.get(address);
      if (known !== undefined) return known;
      const result = router.match(method, path);
      found.set(address, result);
      return result;
    },
  };
}
