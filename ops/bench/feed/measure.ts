/** One crowd of clients: `measure.ts CLIENTS FRAMES_PER_SECOND SECONDS`, on the servers that the environment names. */

import { readFileSync } from "node:fs";

import type { LiveMarket, ScriptStep } from "@exchange/market/testing";
import { openLiveMarket, startMarketProcess } from "@exchange/market/testing";
import type { ServiceProcess } from "@exchange/streams/testing";
import { natsEnv, readTestRedisUrl, startProcess, until } from "@exchange/streams/testing";
import type { Subprocess } from "bun";

import { createCpuMeter } from "../cpu.ts";
import type { Random } from "../random.ts";
import { createRandom, randomBetween } from "../random.ts";
import type { ClientsOrder, ClientsReady, ClientsReport, Crowd, CrowdFigures } from "./figures.ts";
import { FIGURES_PREFIX, preciseNowMs } from "./figures.ts";
import { latencies } from "./latencies.ts";

/** As many commands as an engine puts into a frame under load. */
const STEPS_PER_FRAME = 3;
const RESTING_AT_FIRST = 300;
const PRICES = { from: 9000, to: 11_000 } as const;
const WARM_UP_S = 3;
/** For the last frames to arrive. */
const AFTER_MS = 1500;
const SOCKETS_MAX = 10_000;

/** About as many orders come as go. */
const KINDS = ["rest", "rest", "rest", "rest", "cancel", "cancel", "trade", "trade"] as const;
/** To be ended with this process, whatever happens. */
const services: ServiceProcess[] = [];

process.once("SIGTERM", () => void end(1));
try {
  const [clients = 0, framesPerSecond = 0, seconds = 0] = process.argv.slice(2).map(Number);
  const figures = await measure({ clients, framesPerSecond }, seconds);
  console.log(FIGURES_PREFIX + JSON.stringify(figures));
} catch (error) {
  console.error(error);
  await end(1);
}
await end(0);

async function end(exitCode: number): Promise<void> {
  await Promise.all(services.map(async (service) => await service.kill()));
  process.exit(exitCode);
}

async function measure(crowd: Crowd, duration: number): Promise<CrowdFigures> {
  const live = await openLiveMarket();
  const market = await startMarketProcess("market-bench");
  services.push(market);
  const gateway = await startGateway();
  const random = createRandom(23);
  await live.play(Array.from({ length: RESTING_AT_FIRST }, () => randomStep(random, "rest")));
  const url = await feedUrl(gateway, live.market.market);

  // What one client brings with it is not what each costs.
  const first = await startClients({ url, market: live.market.market, clients: 1 });
  await playFrames(live, random, { framesPerSecond: crowd.framesPerSecond, duration: WARM_UP_S });
  const bytesBefore = readMemory(gateway.pid);
  const many = await startClients({
    url,
    market: live.market.market,
    clients: crowd.clients,
  });
  // All that is compiled while it runs is compiled now.
  await playFrames(live, random, { framesPerSecond: crowd.framesPerSecond, duration: WARM_UP_S });
  const cpu = createCpuMeter(() => [
    { name: "gateway", pid: gateway.pid },
    { name: "market", pid: market.pid },
    { name: "clients", pid: many.process.pid },
  ]);
  const storedMs = await playFrames(live, random, {
    framesPerSecond: crowd.framesPerSecond,
    duration,
  });
  const cpuCores = cpu.read();
  await Bun.sleep(AFTER_MS);
  const bytesAfter = readMemory(gateway.pid);
  const report = await many.stop();
  await first.stop();
  await live.remove();
  const { lost, resnapshots, closed, updates } = report;
  return {
    ...crowd,
    messagesPerSecond: Math.round(updates / (WARM_UP_S + duration)),
    lost,
    resnapshots,
    closed,
    latencyMs: latencies(storedMs, report.seen),
    kilobytesPerClient: Math.round((bytesAfter - bytesBefore) / crowd.clients / 1000),
    cpuCores,
  };
}

interface Gateway extends ServiceProcess {
  readonly port: number;
}

async function startGateway(): Promise<Gateway> {
  const port = freePort();
  const service = await startProcess("gateway/main.ts", {
    ...natsEnv(),
    REDIS_URL: readTestRedisUrl(),
    HTTP_PORT: String(port),
    SOCKETS_PER_ADDRESS_MAX: String(SOCKETS_MAX),
    SERVICE_INSTANCE: "gateway-bench",
  });
  services.push(service);
  return { ...service, port };
}

function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port = 0 } = server;
  void server.stop(true);
  return port;
}

/** Resolves once the market can be read through the gateway. */
async function feedUrl({ port }: Gateway, market: string): Promise<string> {
  const address = `http://127.0.0.1:${port}/v1/markets/${market}/book`;
  await until(async () => (await fetch(address).catch(() => undefined))?.ok === true);
  return `ws://127.0.0.1:${port}/v1/ws`;
}

interface Clients {
  readonly process: Subprocess;
  stop(): Promise<ClientsReport>;
}

/** Resolves when each has its snapshot. */
async function startClients(order: ClientsOrder): Promise<Clients> {
  const ready = Promise.withResolvers<void>();
  const reported = Promise.withResolvers<ClientsReport>();
  const child = Bun.spawn(
    [process.execPath, "--no-env-file", new URL("clients.ts", import.meta.url).pathname],
    {
      ipc(message: ClientsReady | ClientsReport) {
        if (message.kind === "ready") ready.resolve();
        else reported.resolve(message);
      },
      // Behind the last message, which the end of the process need not be.
      onDisconnect() {
        const error = new Error("the clients ended too early");
        ready.reject(error);
        reported.reject(error);
      },
      stdout: "inherit",
      stderr: "inherit",
    },
  );
  // Whoever asks for the report hears of it.
  reported.promise.catch(() => undefined);
  child.send(order);
  await ready.promise;
  return {
    process: child,
    async stop() {
      child.send("stop");
      return await reported.promise;
    },
  };
}

interface Pace {
  readonly framesPerSecond: number;
  readonly duration: number;
}

/** Stores frames when they are due. Returns when each was stored, by the command that it ends with. */
async function playFrames(
  live: LiveMarket,
  random: Random,
  { framesPerSecond, duration }: Pace,
): Promise<ReadonlyMap<number, number>> {
  const storedMs = new Map<number, number>();
  const startedMs = performance.now();
  for (let frame = 0; frame < framesPerSecond * duration; frame += 1) {
    const dueMs = startedMs + (frame / framesPerSecond) * 1000;
    if (dueMs > performance.now()) await Bun.sleep(dueMs - performance.now());
    for (let step = 0; step < STEPS_PER_FRAME; step += 1) live.script.step(randomStep(random));
    const cut = live.script.cutFrame();
    if (cut === undefined) continue;
    storedMs.set(cut.to.command, preciseNowMs());
    await live.store(cut);
  }
  return storedMs;
}

function randomStep(
  random: Random,
  kind: ScriptStep["kind"] = KINDS[randomBetween(random, 0, KINDS.length - 1)] ?? "rest",
): ScriptStep {
  return {
    kind,
    pick: randomBetween(random, 0, 1000),
    side: random() < 0.5 ? "buy" : "sell",
    priceTicks: randomBetween(random, PRICES.from, PRICES.to),
    lots: randomBetween(random, 1, 1000),
    advanceMs: 1,
  };
}

/** Resident, bytes. */
function readMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
