/** What HTTP costs by itself, server in a process of its own: the generator's client, and `fetch`. */

import { join } from "node:path";

import { createHttpClient } from "../../http/client.ts";
import { runClosedLoop } from "../closed-loop.ts";
import type { Limit, LimitOptions } from "./limit.ts";

const IN_FLIGHT = 64;
const REPLY_LIMIT_MS = 5000;
const body = JSON.stringify({
  market: "BTC-USD",
  side: "buy",
  type: "limit",
  price: "236.47",
  quantity: "2.00000000",
});

export async function measureHttp({ seconds }: LimitOptions): Promise<Limit[]> {
  const server = Bun.spawn([process.execPath, join(import.meta.dir, "hello-server.ts")], {
    stdout: "pipe",
  });
  try {
    const { value } = await server.stdout.getReader().read();
    const url = `http://127.0.0.1:${Number(new TextDecoder().decode(value))}`;
    const client = createHttpClient({
      url,
      connectionsMax: IN_FLIGHT,
      timeoutMs: REPLY_LIMIT_MS,
    });
    const raw = await runClosedLoop({
      inFlight: IN_FLIGHT,
      seconds,
      work: async () => await client.request({ method: "POST", path: "/", headers: "", body }),
    });
    client.close();
    const fetched = await runClosedLoop({
      inFlight: IN_FLIGHT,
      seconds,
      work: async () => await (await fetch(url, { method: "POST", body })).text(),
    });
    return [
      { name: `HTTP requests, ${IN_FLIGHT} connections`, ...raw },
      { name: "the same by fetch", ...fetched },
    ];
  } finally {
    server.kill();
    await server.exited;
  }
}
