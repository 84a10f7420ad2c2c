/** What the process shows of its requests: metrics for all, spans for the sampled, log lines when asked. */

import type { Telemetry } from "@exchange/streams/runtime";
import { formatTraceparent, traceFields } from "@exchange/streams/runtime";
import { Histogram } from "prom-client";

import type { Observer } from "../deps.ts";
import { createTokenBuckets } from "../limits/token-buckets.ts";

/** Traces a second that clients may ask for, all together. */
const HINTED_TRACES_PER_SECOND = 10;
const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createObserver(telemetry: Telemetry): Observer {
  const { logger, registry } = telemetry;
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time to the answer, by method, route and status.",
    labelNames: ["method", "route", "status"],
    buckets: DURATION_BUCKETS_S,
    registers: [registry],
  });
  const hints = createTokenBuckets(HINTED_TRACES_PER_SECOND);
  return {
    startTrace(name, hint) {
      const followed = hint !== undefined && hints.take("all", performance.now()).allowed;
      const span = followed ? telemetry.startSpan(name, hint) : telemetry.startTrace(name);
      if (span === undefined) return undefined;
      return {
        traceparent: formatTraceparent(span),
        end(status) {
          span.setAttribute("http.response.status_code", status);
          span.end();
        },
      };
    },
    requestDone({ method, route, status, durationMs, requestId, traceparent }) {
      durations.observe({ method, route, status }, durationMs / 1000);
      if (!logger.isLevelEnabled("debug")) return;
      logger.debug(
        {
          http: { request: { method, id: requestId }, response: { status_code: status } },
          url: { path: route },
          event: { duration: Math.round(durationMs * 1_000_000) },
          ...fieldsOf(traceparent),
        },
        "request",
      );
    },
    unexpected(error, { requestId, traceparent }) {
      const http = { request: { id: requestId } };
      logger.error({ err: error, http, ...fieldsOf(traceparent) }, "a request failed");
    },
  };
}

function fieldsOf(traceparent: string | undefined): ReturnType<typeof traceFields> {
  return traceFields(traceparent === undefined ? [] : [traceparent]);
}
