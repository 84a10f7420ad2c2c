/** The supervisor's life: prepare, start, serve until told to stop, stop in order. */

import { writeNatsContexts } from "../nats/write-contexts.ts";
import { onLoopback, writeShellEnv } from "./addresses.ts";
import { edgePortNames, prepareEdge } from "./edge.ts";
import { readOpsEnv } from "./env.ts";
import { Failure } from "./failure.ts";
import { takeHomeLock } from "./home-lock.ts";
import { type Home, prepareHome } from "./home.ts";
import { stopLeftovers } from "./leftovers.ts";
import type { UpOptions } from "./options.ts";
import { choosePorts, isPortFree } from "./ports.ts";
import { identify } from "./process-identity.ts";
import { keepLogsShort, logBytesMax } from "./rotate-logs.ts";
import { provision } from "./run-provision.ts";
import { ensureSecrets } from "./secrets.ts";
import { prepareServers, serverPortNames } from "./servers.ts";
import { prepareDemoBots, prepareServices, servicePortNames } from "./services.ts";
import { readState, type State } from "./state.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";
import { findToolchain } from "./toolchain.ts";
import { watchDisk } from "./watch-disk.ts";

const serversReadyLimitMs = 120_000;
const servicesReadyLimitMs = 120_000;
const gatewayPortWanted = 8080;

export interface RunInput {
  readonly home: Home;
  readonly options: UpOptions;
  readonly report: (line: string) => void;
  readonly onReady: (ports: State["ports"]) => Promise<void>;
  /** Fires when everything is to stop. */
  readonly stopping: AbortSignal;
  /** Fires when it is to stop at once. */
  readonly hurrying: AbortSignal;
}

/** Returns after an orderly stop; throws when the exchange could not be started. */
export async function runExchange(input: RunInput): Promise<void> {
  const { home, options, report, stopping } = input;
  prepareHome(home);
  const lock = await takeHomeLock(home.root);
  if (lock === undefined) {
    throw new Failure("The exchange is already running: see ops/status, stop it with ops/down.");
  }
  const stopped = await stopLeftovers(home);
  if (stopped > 0) report(`Stopped ${stopped} processes that an earlier run left behind.`);
  const tools = await findToolchain(report);
  const secrets = await ensureSecrets(home);
  const ports = await chooseAllPorts(home, options);
  stopping.throwIfAborted();

  const supervisor = createSupervisor({ home, report, state: initialState(options, ports) });
  const logs = keepLogsShort({ folder: home.logs, bytesMax: logBytesMax, report });
  const disk = watchDisk(home, report);
  input.hurrying.addEventListener("abort", () => supervisor.killAll());
  try {
    report("Starting NATS, MySQL and Redis ...");
    supervisor.start(await prepareServers({ home, tools, secrets, ports }));
    await supervisor.whenReady(serversReadyLimitMs, stopping);
    writeShellEnv(home, ports, secrets);
    writeNatsContexts(home, onLoopback(ports), secrets);
    if (!options.serversOnly) {
      await provision({ home, secrets, at: onLoopback(ports), report, stopping });
      report("Starting the services ...");
      supervisor.start(prepareServices({ secrets, ports, options }));
      await supervisor.whenReady(servicesReadyLimitMs, stopping);
      if (options.edge) {
        supervisor.start(prepareEdge({ home, tools, secrets, ports }));
        await supervisor.whenReady(servicesReadyLimitMs, stopping);
      }
      if (options.demo) supervisor.start([prepareDemoBots(home)]);
    }
    supervisor.setPhase("ready");
    await input.onReady(ports);
    await whenAborted(stopping);
    report("Stopping ...");
  } finally {
    await stopEverything(supervisor);
    await logs.stop();
    disk.stop();
    lock.release();
  }
}

async function stopEverything(supervisor: Supervisor): Promise<void> {
  supervisor.setPhase("stopping");
  await supervisor.stop();
  supervisor.setPhase("stopped");
}

type AllPorts = Readonly<
  Record<
    | (typeof serverPortNames)[number]
    | (typeof servicePortNames)[number]
    | (typeof edgePortNames)[number],
    number
  >
> & { readonly gateway?: number };

async function chooseAllPorts(home: Home, { serversOnly }: UpOptions): Promise<AllPorts> {
  const previous = readState(home)?.ports ?? {};
  const ports = await choosePorts(
    [...serverPortNames, ...servicePortNames, ...edgePortNames],
    previous,
  );
  return serversOnly ? ports : { ...ports, gateway: await chooseGatewayPort(previous) };
}

async function chooseGatewayPort(previous: State["ports"]): Promise<number> {
  const forced = readOpsEnv().EXCHANGE_PORT;
  if (forced !== undefined && forced !== 0) {
    if (await isPortFree(forced)) return forced;
    throw new Failure(`Port ${forced} (EXCHANGE_PORT) is taken: free it or choose another one.`);
  }
  if (forced === undefined && (await isPortFree(gatewayPortWanted))) return gatewayPortWanted;
  return (await choosePorts(["gateway"], previous)).gateway;
}

function initialState({ serversOnly }: UpOptions, ports: AllPorts): Omit<State, "processes"> {
  const { pid } = process;
  return {
    phase: "starting",
    extent: serversOnly ? "servers" : "exchange",
    supervisor: identify(pid) ?? { pid, birth: "" },
    since: new Date().toISOString(),
    ports: { ...ports },
  };
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
