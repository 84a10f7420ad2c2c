/**
 * A market's engine for as long as it falls to this process: one life after another. Not agreeing with the event log ends a life. The next one starts from what the log vouches
 * for; when that leads to the same place, the market halts here, loudly, for an operator to look.
 */

import { commandLog, eventLog } from "@exchange/streams";
import type { CommandPosition } from "@exchange/streams/contract";
import { assertStream, inTraces } from "@exchange/streams/runtime";

import { chooseStart } from "./choose-start.ts";
import { Mismatch } from "./event-log-view.ts";
import type { MarketContext, StartPoint } from "./market-context.ts";
import { BrokenRecord, MarketLife } from "./market-life.ts";
import type { SnapshotSummary } from "./snapshot.ts";

const RETRY_DELAY_MS = 500;

export interface MarketEngine {
  /** Undefined while it runs, else why it does not. */
  readonly halted: string | undefined;
  /** Whether it publishes, or would if there was something to publish. */
  readonly isActive: boolean;
  /** Whether nobody relies on this engine: it does not publish, or has nothing to. */
  readonly mayLeave: boolean;
  /** Publishes what is decided, if that is its turn. */
  stop(): Promise<void>;
}

/** Throws when the market's logs are not there or not as declared. */
export async function runMarket(context: MarketContext): Promise<MarketEngine> {
  const { market, epoch, jsm, metrics } = context;
  await assertStream(jsm, commandLog(market, epoch));
  await assertStream(jsm, eventLog(market, epoch));
  metrics.isHalted.set({ market }, 0);
  metrics.isServing.set({ market }, 1);
  const runner = new MarketRunner(context);
  const running = runner.run();
  return {
    get halted() {
      return runner.halted;
    },
    get isActive() {
      return runner.isActive;
    },
    get mayLeave() {
      return runner.mayLeave;
    },
    async stop() {
      await runner.stop();
      await running;
      metrics.isActive.set({ market }, 0);
      metrics.isServing.set({ market }, 0);
    },
  };
}

class MarketRunner {
  readonly #context: MarketContext;
  readonly #misled = new Set<number>();
  #life: MarketLife | undefined;
  #halted: string | undefined;
  /** Why there is no start yet, while it is looked for. */
  #startless: string | undefined;
  #reloaded = false;
  #stopping = false;

  constructor(context: MarketContext) {
    this.#context = context;
  }

  get halted(): string | undefined {
    return this.#halted ?? this.#startless;
  }

  get isActive(): boolean {
    return this.#halted === undefined && this.#life?.isActive === true;
  }

  get mayLeave(): boolean {
    return this.#halted !== undefined || this.#life?.mayLeave === true;
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      const start = await this.#nextStart();
      if (start === undefined || this.#stopping) return;
      // The replica goes on from there, and a mismatch asks where it came from.
      const { position } = start.replica;
      try {
        this.#life = new MarketLife({
          context: this.#context,
          start,
        });
        await this.#life.run();
      } catch (error) {
        if (error instanceof Mismatch) this.#learn(error, position.command);
        else this.#halt(String(error), error);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#life?.stop();
  }

  /** Undefined when nothing is left to start from. */
  async #nextStart(): Promise<StartPoint | undefined> {
    const { market, metrics, telemetry } = this.#context;
    const onSkipped = ({ name, command }: SnapshotSummary): void => {
      telemetry.logger.warn(`snapshot ${name} at ${command} is skipped`);
      metrics.snapshots.inc({ market, outcome: "skipped" });
    };
    while (!this.#stopping) {
      try {
        const start = await chooseStart({ ...this.#context, onSkipped }, this.#misled);
        this.#startless = undefined;
        if (start === undefined) this.#halt("no start leads to where the event log is");
        return start;
      } catch (error) {
        // The server is away, or an operator has to look: an engine without its log has nothing to do but wait.
        this.#startless = `no start: ${String(error)}`;
        telemetry.logger.warn({ err: error }, "choosing where to start");
        await Bun.sleep(RETRY_DELAY_MS);
      }
    }
    return undefined;
  }

  /** The first time this engine's memory may be at fault; after that, where it started from is. */
  #learn(mismatch: Mismatch, startCommand: CommandPosition): void {
    const { market, metrics, telemetry } = this.#context;
    metrics.mismatches.inc({ market });
    inTraces(this.#life?.openTraces(mismatch.position) ?? [], () =>
      telemetry.logger.error({ err: mismatch }, `reloading: ${mismatch.message}`),
    );
    const agreedBefore = (this.#life?.framesAgreed ?? 0) > 0;
    if (agreedBefore && !this.#reloaded) this.#reloaded = true;
    else this.#misled.add(startCommand);
  }

  #halt(reason: string, error?: unknown): void {
    const { market, metrics, telemetry } = this.#context;
    this.#halted = reason;
    this.#stopping = true;
    metrics.isHalted.set({ market }, 1);
    metrics.isActive.set({ market }, 0);
    inTraces(error instanceof BrokenRecord ? error.traces : [], () =>
      telemetry.logger.fatal({ err: error }, `market ${market} halted: ${reason}`),
    );
  }
}
