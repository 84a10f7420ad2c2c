/** The active engine taken away under load, again and again: what the event log must not notice. */

import { subject } from "@exchange/streams";
import { assert } from "@exchange/streams/contract";
import { untilReady } from "@exchange/streams/testing";

import type { EngineProcess } from "./engine-process.ts";
import { activeEngine, startEngine } from "./engine-process.ts";
import { startFlow } from "./order-flow.ts";
import type { PrivateNats } from "./private-nats.ts";
import type { TestMarket } from "./test-market.ts";
import { openTestMarket } from "./test-market.ts";
import { until } from "./until.ts";
import { verifyMarket } from "./verify-market.ts";

const COMMANDS_A_SECOND = 1000;
const LOAD_BEFORE_MS = 300;
/** Frames that were on their way when their engine was taken away arrive within this time. */
const UNDER_WAY_MS = 100;
const LAG_MAX_S = 0.5;
/** As in production: whoever joins reads the log from the newest snapshot on. */
const SNAPSHOT_EVERY_COMMANDS = 50_000;
/** Long enough for the others to strike it off meanwhile. */
const PAUSE_MS = 2500;

export interface Takeovers {
  /** Longest time without a frame in each round. */
  readonly gapsMs: readonly number[];
  readonly commandsSent: number;
  /** In the log, each with its events behind it, as a replay decides them. */
  readonly commandsVerified: number;
}

export type Removal = "kill -9" | "pause";

/** Throws at the first event that is lost, doubled or different. */
export async function runTakeovers(
  server: PrivateNats,
  removal: Removal,
  rounds: number,
): Promise<Takeovers> {
  const listed = await openTestMarket(server);
  const engines = new EngineCrew(server, listed);
  const frames = watchFrames(listed);
  const flow = startFlow(listed.appender, COMMANDS_A_SECOND);
  try {
    await engines.launch();
    await engines.launch();
    const gapsMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const active = await engines.active();
      await Bun.sleep(LOAD_BEFORE_MS);
      const sinceMs = performance.now();
      if (removal === "kill -9") await engines.kill(active);
      else active.pause();
      gapsMs.push(await frames.gapSince(sinceMs));
      if (removal === "kill -9") await engines.launch();
      else {
        await Bun.sleep(PAUSE_MS - (performance.now() - sinceMs));
        active.goOn();
      }
    }
    const commandsSent = await flow.stop();
    const { commands } = await verifyMarket(listed);
    return { gapsMs, commandsSent, commandsVerified: commands };
  } finally {
    flow.abandon();
    await engines.killAll();
    await listed.remove();
  }
}

class EngineCrew {
  readonly #server: PrivateNats;
  readonly #listed: TestMarket;
  readonly #engines = new Set<EngineProcess>();
  #launched = 0;

  constructor(server: PrivateNats, listed: TestMarket) {
    this.#server = server;
    this.#listed = listed;
  }

  async launch(): Promise<void> {
    this.#launched += 1;
    const instance = `engine-${this.#launched}`;
    const engine = await startEngine({
      server: this.#server,
      instance,
      snapshotEveryCommands: SNAPSHOT_EVERY_COMMANDS,
    });
    this.#engines.add(engine);
    await untilReady(engine);
  }

  /** Once another one stands by: it has read the log to its end. */
  async active(): Promise<EngineProcess> {
    return await until("an active engine and one that stands by", async () => {
      const areThere = [...this.#engines].map(async (engine) => await this.#isThere(engine));
      if ((await Promise.all(areThere)).includes(false)) return undefined;
      return await activeEngine(this.#engines, this.#listed.market);
    });
  }

  async #isThere(engine: EngineProcess): Promise<boolean> {
    const { market } = this.#listed;
    const hasDecided = (await engine.counter("commands_total", market)) > 0;
    return hasDecided && (await engine.counter("lag_seconds", market)) < LAG_MAX_S;
  }

  async kill(engine: EngineProcess): Promise<void> {
    this.#engines.delete(engine);
    await engine.kill();
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#engines].map(async (engine) => await this.kill(engine)));
  }
}

interface FrameWatch {
  /** Waits for a frame of whoever took over; the longest time without one since then. */
  gapSince(sinceMs: number): Promise<number>;
}

/** Stored frames by when they arrive here. */
function watchFrames({ connection, market }: TestMarket): FrameWatch {
  const arrivalsMs: number[] = [];
  connection.subscribe(subject.republishedEvents(market), {
    callback: () => void arrivalsMs.push(performance.now()),
  });
  return {
    async gapSince(sinceMs) {
      await until("a frame of another engine", async () => {
        const lastMs = arrivalsMs.at(-1) ?? 0;
        return lastMs > sinceMs + UNDER_WAY_MS ? true : undefined;
      });
      const all = [sinceMs, ...arrivalsMs.filter((arrivalMs) => arrivalMs > sinceMs)];
      const gaps = all.slice(1).map((arrivalMs, place) => arrivalMs - (all[place] ?? arrivalMs));
      assert(gaps.length > 0, "a frame arrived");
      return Math.max(...gaps);
    },
  };
}
