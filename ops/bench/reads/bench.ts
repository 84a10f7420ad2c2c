/** Market reads through the public door: a tenth of the rate, all that one gateway can do, and the same beside orders. */

import { setTimeout as sleep } from "node:timers/promises";

import { withExchange } from "../../exchange/connect.ts";
import type { HttpClient } from "../../http/client.ts";
import { createHttpClient } from "../../http/client.ts";
import type { LatencySummary } from "../../http/latency.ts";
import { Failure } from "../../setup/failure.ts";
import { readRunning } from "../../setup/running.ts";
import { runClosedLoop } from "../closed-loop.ts";
import type { CpuUse } from "../cpu.ts";
import { createCpuMeter } from "../cpu.ts";
import { runOpenLoop } from "../open-loop.ts";
import { benchOrders } from "../orders/bench.ts";
import type { Counters } from "./counters.ts";
import { openCounters } from "./counters.ts";

const REPLY_LIMIT_MS = 5000;
const ORDER_ACCOUNTS = 20;
const ORDER_CONNECTIONS = 64;
/** Sign-ups come before what is measured, and orders enough for services that have just been started to compile their code. */
const ORDERS_WARM_UP_S = 15;
const CORES_SHOWN_MIN = 0.05;

export interface ReadsInput {
  readonly market: string;
  readonly seconds: number;
  readonly inFlight: number;
  /** Orders a second beside the reads, one phase each. */
  readonly orderRates: readonly number[];
}

export interface Phase {
  readonly name: string;
  readonly readsPerSecond: number;
  /** Absent where reads were sent at a fixed rate. */
  readonly latencyMs?: LatencySummary;
  /** Of reads that the gateway answered from its own memory; those that waited for another's answer are no hits. */
  readonly hitShare: number;
  readonly loadsPerSecond: number;
  readonly redisPerSecond: number;
  readonly mysqlPerSecond: number;
  readonly cpuCores: readonly CpuUse[];
}

export async function benchReads(input: ReadsInput): Promise<readonly Phase[]> {
  return await withExchange(async ({ running }) => {
    const counters = await openCounters(running);
    const client = createHttpClient({
      url: running.gatewayUrl,
      connectionsMax: input.inFlight,
      timeoutMs: REPLY_LIMIT_MS,
    });
    const read = createReads(client, input.market);
    const { seconds, inFlight } = input;
    const full = async (name: string): Promise<Phase> =>
      await measure(counters, name, () => runClosedLoop({ inFlight, seconds, work: read }));
    try {
      await runClosedLoop({ inFlight, seconds: 1, work: read });
      const alone = await full("reads alone");
      const ratePerSecond = Math.round(alone.readsPerSecond / 10);
      const tenth = await measure(counters, "a tenth of it", async () => {
        const loop = { ratePerSecond, seconds, warmUpSeconds: 0 };
        await runOpenLoop({ ...loop, send: async () => await read() });
        return { perSecond: ratePerSecond };
      });
      const phases = [alone, tenth];
      for (const rate of input.orderRates) phases.push(await besideOrders(rate, input, full));
      return phases;
    } finally {
      client.close();
      await counters.close();
    }
  });
}

async function besideOrders(
  ratePerSecond: number,
  { market, seconds }: ReadsInput,
  read: (name: string) => Promise<Phase>,
): Promise<Phase> {
  const orders = benchOrders({
    ratePerSecond,
    market,
    seconds: seconds + 1,
    warmUpSeconds: ORDERS_WARM_UP_S,
    accounts: ORDER_ACCOUNTS,
    connections: ORDER_CONNECTIONS,
    respondAsync: false,
    seed: 1,
  });
  const reading = sleep(ORDERS_WARM_UP_S * 1000).then(
    async () => await read(`beside ${ratePerSecond} orders/s`),
  );
  const [{ achievedPerSecond }, phase] = await Promise.all([orders, reading]);
  return { ...phase, name: `beside ${achievedPerSecond} commands/s, ${ratePerSecond} asked` };
}

/** The four views in turn. */
function createReads(client: HttpClient, market: string): () => Promise<string> {
  const paths = ["book", "ticker", "trades", "candles?interval=1m"].map(
    (view) => `/v1/markets/${market}/${view}`,
  );
  let asked = 0;
  return async () => {
    const path = paths[asked % paths.length] ?? "/";
    asked += 1;
    const { status } = await client.request({ method: "GET", path, headers: "" });
    if (status === 429) {
      throw new Failure(
        "The gateway limits reads. Start the exchange with RATE_LIMIT_READS_PER_SECOND=1000000 and RATE_LIMIT_ADDRESS_PER_SECOND=1000000.",
      );
    }
    if (status !== 200) throw new Failure(`${path} was answered with ${status}`);
    return "ok 200";
  };
}

async function measure(
  counters: Counters,
  name: string,
  run: () => Promise<{ readonly perSecond: number; readonly latencyMs?: LatencySummary }>,
): Promise<Phase> {
  const before = await counters.read();
  const meter = createCpuMeter(() => readRunning().processes);
  const startedMs = performance.now();
  const { perSecond, latencyMs } = await run();
  const elapsedS = (performance.now() - startedMs) / 1000;
  const cpuCores = meter.read().filter(({ cores }) => cores >= CORES_SHOWN_MIN);
  const after = await counters.read();
  const hits = after.hits - before.hits;
  const misses = after.misses - before.misses;
  const shared = after.shared - before.shared;
  const rate = (count: number): number => Math.round(count / elapsedS);
  return {
    name,
    readsPerSecond: perSecond,
    ...(latencyMs !== undefined && { latencyMs }),
    hitShare: Math.round((hits / Math.max(1, hits + misses + shared)) * 10_000) / 10_000,
    loadsPerSecond: rate(after.loads - before.loads),
    redisPerSecond: rate(after.redisCommands - before.redisCommands),
    mysqlPerSecond: rate(after.mysqlQueries - before.mysqlQueries),
    cpuCores,
  };
}
