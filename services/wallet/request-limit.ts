/** How many requests are worked on at once: what waits longer than its client does is work for nobody. */

import type { Reply } from "@exchange/streams/runtime";

type Handle<Request, Value> = (request: Request) => Promise<Reply<Value>>;

/** Handlers that were given the same limit share it. Past it they refuse at once, and nothing was done. */
export function createRequestLimit(max: number) {
  let count = 0;
  return <Request, Value>(handle: Handle<Request, Value>): Handle<Request, Value> =>
    async (request) => {
      if (count >= max) return { kind: "refused", code: "OVERLOADED" };
      count += 1;
      try {
        return await handle(request);
      } finally {
        count -= 1;
      }
    };
}
