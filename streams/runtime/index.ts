/** How processes use NATS and show themselves: connect, append, follow, publish, lease, ask, observe. */

export type { Appended, Appender, EpochAppender, LogOver } from "./append.ts";
export { AppenderClosed, createAppender } from "./append.ts";
export { assertServer, assertStream, connectNats } from "./connect.ts";
export type { EpochLog } from "./epoch-after.ts";
export { epochAfter } from "./epoch-after.ts";
export { jetStreamCode, natsErrorCode } from "./error-code.ts";
export type { Follower, LogMessage } from "./follow.ts";
export { followStream } from "./follow.ts";
export type { Lease } from "./lease.ts";
export { campaignForLease } from "./lease.ts";
export type { MarketDirectory } from "./markets.ts";
export { watchMarkets, writeMarketEpoch, writeMarketFees, writeMarketStatus } from "./markets.ts";
export { listMarket, provisionEpoch, provisionStreams, sealStream } from "./provision.ts";
export { pollStream } from "./poll-stream.ts";
export { onReconnect } from "./on-reconnect.ts";
export type { FencedPublish } from "./publish-frame.ts";
export { publishFenced } from "./publish-frame.ts";
export type { Endpoint, Handler, Reply, RequestFailure, Served } from "./request.ts";
export { defineEndpoint, request, RequestError, serve, startService } from "./request.ts";
export type { ProcessContext, RunningProcess } from "./run-process.ts";
export { runProcess } from "./run-process.ts";
export { withFiles } from "./env-files.ts";
export type { RuntimeEnv } from "./runtime-env.ts";
export { runtimeEnvShape } from "./runtime-env.ts";
export type { Telemetry } from "./telemetry.ts";
export { createTelemetry, formatTraceparent } from "./telemetry.ts";
export { inTraces, traceFields, tracesInHand } from "./trace-scope.ts";
