/** Logs, traces and metrics of one process: ECS JSON lines, sampled spans, a Prometheus registry. */

import ecsFormat from "@elastic/ecs-pino-format";
import type { Span, SpanContext, Tracer } from "@opentelemetry/api";
import {
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { ZipkinExporter } from "@opentelemetry/exporter-zipkin";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { SpanExporter } from "@opentelemetry/sdk-trace-base";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { DestinationStream, Logger } from "pino";
import pino from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";

import { inTraces, traceFields, tracesInHand } from "./trace-scope.ts";

/**
 * prom-client looks every 10 ms by itself. A process that waits for the network wakes up for nothing else so often,
 * and waking up is what costs.
 */
const EVENT_LOOP_LOOK_MS = 250;

export type TraceExporter = "none" | "otlp" | "zipkin";

export interface TelemetryOptions {
  /** `wallet`. */
  readonly service: string;
  /** `wallet-1`. */
  readonly instance: string;
  readonly logLevel: string;
  readonly traceExporter: TraceExporter;
  /** Where spans go; the exporter's default when absent. */
  readonly traceUrl?: string | undefined;
  /** Where log lines go; standard output when absent. */
  readonly logTo?: DestinationStream;
}

export interface Telemetry {
  /** Its lines carry the trace and the span they are written in. */
  readonly logger: Logger;
  readonly registry: Registry;
  /**
   * Runs `work` inside a span that continues `traceparent`, and hands it the traceparent for what it
   * calls. Without a traceparent nothing is recorded: whoever opened the trace decided not to sample it.
   */
  traced<Value>(
    name: string,
    traceparent: string | undefined,
    work: (traceparent: string | undefined) => Promise<Value>,
  ): Promise<Value>;
  /** A new trace's root span, or undefined when this request is not sampled. */
  startTrace(name: string): Span | undefined;
  /** A span that continues `traceparent`, for work that is not one call. */
  startSpan(name: string, traceparent: string | undefined): Span | undefined;
  /** Sends what is buffered. */
  stop(): Promise<void>;
}

export function createTelemetry(options: TelemetryOptions & { sampleRatio?: number }): Telemetry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service, instance: options.instance });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  // Counting these walks the whole heap and stops the process for 30 ms and more at each scrape.
  for (const part of ["total", "used", "available"]) {
    registry.removeSingleMetric(`nodejs_heap_space_size_${part}_bytes`);
  }
  const exporter = createExporter(options);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      "service.name": options.service,
      "service.instance.id": options.instance,
    }),
    spanProcessors: exporter === undefined ? [] : [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer("exchange");
  const sampleRatio = exporter === undefined ? 0 : (options.sampleRatio ?? 0);
  const startSpan = (name: string, traceparent: string | undefined): Span | undefined =>
    exporter === undefined ? undefined : continueTrace(tracer, name, traceparent);
  return {
    logger: createLogger(options),
    registry,
    startSpan,
    startTrace: (name) =>
      Math.random() < sampleRatio ? tracer.startSpan(name, {}, ROOT_CONTEXT) : undefined,
    async traced(name, traceparent, work) {
      const span = startSpan(name, traceparent);
      if (span === undefined) return await work(traceparent);
      try {
        const inner = formatTraceparent(span);
        return await inTraces([inner], () => work(inner));
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
        throw error;
      } finally {
        span.end();
      }
    },
    async stop() {
      await provider.shutdown();
    },
  };
}

/** W3C text of a span, to travel in a header, a record or a frame. */
export function formatTraceparent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function continueTrace(
  tracer: Tracer,
  name: string,
  traceparent: string | undefined,
): Span | undefined {
  if (traceparent === undefined) return undefined;
  const parent = trace.setSpanContext(ROOT_CONTEXT, parseTraceparent(traceparent));
  return tracer.startSpan(name, {}, parent);
}

function parseTraceparent(traceparent: string): SpanContext {
  const [, traceId = "", spanId = ""] = traceparent.split("-");
  if (!/^[0-9a-f]{32}$/.test(traceId) || !/^[0-9a-f]{16}$/.test(spanId))
    return INVALID_SPAN_CONTEXT;
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

function createExporter({ traceExporter, traceUrl }: TelemetryOptions): SpanExporter | undefined {
  const address = traceUrl === undefined ? {} : { url: traceUrl };
  switch (traceExporter) {
    case "none":
      return undefined;
    case "otlp":
      return new OTLPTraceExporter(address);
    case "zipkin":
      return new ZipkinExporter(address);
  }
}

function createLogger({ service, instance, logLevel, logTo }: TelemetryOptions): Logger {
  const options = {
    ...ecsFormat({ serviceName: service, serviceNodeName: instance, apmIntegration: false }),
    level: logLevel,
    mixin: () => traceFields(tracesInHand()),
    redact: ["password", "token", "*.password", "*.token", "*.refreshToken", "*.accessToken"],
  };
  return logTo === undefined ? pino(options) : pino(options, logTo);
}
