/**
 * The gateway's app served by Deno, with the environment of the gateway process: the same routes over the same connections,
 * without the WebSocket feed and the admin port, which are Bun's servers. Which rights it needs: `ops/deno/start-deno.ts`.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { connectNats, createTelemetry } from "@exchange/streams/runtime";

import { readEnv } from "../env.ts";
import { clientAddressOf } from "../limits/client-address.ts";
import { openGateway } from "../wiring/open-gateway.ts";

/** What is needed of it. */
declare const Deno: {
  serve(
    options: { readonly hostname: string; readonly port: number },
    handler: (
      request: Request,
      connection: { readonly remoteAddr: { readonly hostname: string } },
    ) => Response | Promise<Response>,
  ): unknown;
};

const DRAIN_POLL_MS = 20;

const env = readEnv();
const telemetry = createTelemetry({
  service: "gateway",
  instance: env.SERVICE_INSTANCE,
  logLevel: env.LOG_LEVEL,
  traceExporter: env.TRACE_EXPORTER,
  traceUrl: env.TRACE_URL,
  sampleRatio: env.TRACE_SAMPLE_RATIO,
});
const connection = await connectNats({
  url: env.NATS_URL,
  user: env.NATS_USER,
  password: env.NATS_PASSWORD,
  name: "gateway",
  inbox: env.NATS_INBOX,
});
const gateway = await openGateway({ connection, telemetry, env });
const { app } = gateway;

Deno.serve({ hostname: env.HTTP_HOST, port: env.HTTP_PORT }, (request, { remoteAddr }) =>
  app.fetch(request, {
    clientAddress: () =>
      clientAddressOf(request.headers, remoteAddr.hostname, env.TRUSTED_PROXY_HOPS),
  }),
);
process.once("SIGTERM", () => void end());

/** Answers what it was asked before it goes. */
async function end(): Promise<void> {
  while (app.inFlight > 0) await sleep(DRAIN_POLL_MS);
  gateway.stop();
  await connection.drain();
  await telemetry.stop();
  process.exit(0);
}
