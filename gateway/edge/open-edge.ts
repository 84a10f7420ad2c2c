/** A gateway at the edge, cut off at times from the exchange behind it. */

import type { MarketDirectory, Telemetry } from "@exchange/streams/runtime";
import { announceReconnect, ask } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { Edge } from "../deps.ts";
import type { Link } from "../wiring/link.ts";
import type { Hub } from "./hub.ts";
import { watchHub } from "./hub.ts";
import { followMarkets } from "./last-known.ts";
import { createEdgeMetrics } from "./metrics.ts";

/** What no server at an edge answers itself. */
const SIGN_OF_LIFE = "$JS.API.INFO";
const NOTHING = new Uint8Array();

export interface EdgeOptions {
  readonly connection: NatsConnection;
  /** To the server at the edge. */
  readonly link: Link;
  readonly markets: Pick<MarketDirectory, "onMarket" | "pause">;
  readonly telemetry: Pick<Telemetry, "logger" | "registry">;
}

export interface OpenEdge extends Edge {
  readonly hub: Hub;
  /** Undefined when ready, which an edge stays while it is cut off. */
  readonly notReady: string | undefined;
  stop(): void;
}

export function openEdge({ connection, link, markets, telemetry }: EdgeOptions): OpenEdge {
  const { logger } = telemetry;
  const hub = watchHub({
    async ask(timeoutMs) {
      if (!link.up) throw new Error("the server at the edge is away");
      return await ask(connection, { subject: SIGN_OF_LIFE, payload: NOTHING, timeoutMs });
    },
  });
  createEdgeMetrics(telemetry, hub);
  hub.onMissed(() => announceReconnect(connection));
  hub.onChange(() => {
    if (hub.isReachable) {
      logger.info("the exchange is within reach again");
      return;
    }
    markets.pause();
    logger.error("the exchange is out of reach: what is known is served as stale");
  });
  const known = followMarkets({ connection, markets, hub });
  let wasWhole = false;
  return {
    hub,
    lastKnown: known,
    isCutOff: () => !hub.isReachable,
    silentMs: () => Math.round(performance.now() - hub.heardMs),
    onChange: (listener) => hub.onChange(listener),
    get notReady() {
      wasWhole ||= known.isWhole;
      return wasWhole ? undefined : "the markets are not known yet";
    },
    stop() {
      hub.stop();
      known.stop();
    },
  };
}
