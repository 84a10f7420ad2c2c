/** What a question and an answer over core NATS cost, both ends in this process. */

import { randomBytes } from "node:crypto";

import { withProvisioning } from "../../exchange/connect.ts";
import { runClosedLoop } from "../closed-loop.ts";
import type { Limit, LimitOptions } from "./limit.ts";

const IN_FLIGHT = 64;
const PAYLOAD = new Uint8Array(300);

export async function measureRequests({ seconds }: LimitOptions): Promise<Limit[]> {
  const subject = `limits.${randomBytes(8).toString("hex")}`;
  return await withProvisioning(
    async (server) =>
      await withProvisioning(async (client) => {
        server.subscribe(subject, { callback: (_, message) => void message.respond(PAYLOAD) });
        await server.flush();
        const result = await runClosedLoop({
          inFlight: IN_FLIGHT,
          seconds,
          work: async () => await client.request(subject, PAYLOAD),
        });
        return [{ name: `NATS requests, ${IN_FLIGHT} in flight`, ...result }];
      }),
  );
}
