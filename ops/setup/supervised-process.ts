/** One process that is kept alive: started, watched, restarted after a death, stopped on request. */

import type { Subprocess } from "bun";

import { explain } from "./failure.ts";
import type { Home } from "./home.ts";
import { signal } from "./process-identity.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { recoveredAfterMs, restartDelayMs } from "./restart-delay.ts";
import { type SpawnedProcess, spawnProcess } from "./spawn-process.ts";
import type { ProcessStatus } from "./state.ts";

const readyPollMs = 50;
const faultPollMs = 2_000;

interface Surroundings {
  readonly home: Home;
  readonly report: (line: string) => void;
  readonly onChange: () => void;
}

export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #around: Surroundings;
  #running: SpawnedProcess | undefined;
  #state: ProcessStatus["state"] = "starting";
  #restarts = 0;
  #deaths = 0;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(spec: ProcessSpec, around: Surroundings) {
    this.spec = spec;
    this.#around = around;
  }

  /** Deaths in a row without a recovery between them. */
  get deaths(): number {
    return this.#deaths;
  }

  start(): void {
    this.#state = "starting";
    try {
      this.#running = spawnProcess(this.spec, this.#around.home);
    } catch (error) {
      this.#startLater(explain(error));
      return;
    }
    const { child } = this.#running;
    void child.exited.then(() => this.#onExit(child));
    this.#around.onChange();
    void this.#watchReadiness(child);
  }

  /** Returns once the process is gone. It is not started again. */
  async stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    this.#state = "stopped";
    if (this.#running === undefined) return;
    const { child, identity } = this.#running;
    signal(identity, "SIGTERM");
    const { name, stopLimitMs } = this.spec;
    const limit = setTimeout(() => {
      this.#around.report(`${name} did not stop within ${stopLimitMs} ms and was killed`);
      signal(identity, "SIGKILL");
    }, stopLimitMs);
    await child.exited;
    clearTimeout(limit);
    this.#running = undefined;
    this.#around.onChange();
  }

  /** The same at once, without asking it to finish. */
  kill(): void {
    clearTimeout(this.#restartTimer);
    this.#state = "stopped";
    if (this.#running !== undefined) signal(this.#running.identity, "SIGKILL");
  }

  describe(): ProcessStatus {
    const { name, group, port, adminPort } = this.spec;
    return {
      name,
      group,
      state: this.#state,
      pid: this.#running?.identity.pid ?? 0,
      birth: this.#running?.identity.birth ?? "",
      ...(port === undefined ? {} : { port }),
      ...(adminPort === undefined ? {} : { adminPort }),
      since: new Date(this.#running?.startedMs ?? Date.now()).toISOString(),
      restarts: this.#restarts,
    };
  }

  async #watchReadiness(child: Subprocess): Promise<void> {
    const isStarting = (): boolean => this.#running?.child === child && this.#state === "starting";
    while (isStarting()) {
      if (!(await this.spec.isReady())) {
        await Bun.sleep(readyPollMs);
      } else if (isStarting()) {
        this.#state = "running";
        this.#around.onChange();
        void this.#watchFaults(child);
      }
    }
  }

  async #watchFaults(child: Subprocess): Promise<void> {
    const { name, findFault } = this.spec;
    if (findFault === undefined) return;
    for (;;) {
      await Bun.sleep(faultPollMs);
      if (this.#running?.child !== child || this.#state !== "running") return;
      const fault = await findFault();
      if (fault === undefined || this.#running?.child !== child) continue;
      this.#around.report(`${name} has to start again: ${fault}`);
      // As by a crash, which all of them survive: a process at fault may not manage an orderly end.
      signal(this.#running.identity, "SIGKILL");
      return;
    }
  }

  #onExit(child: Subprocess): void {
    if (this.#state === "stopped" || this.#running?.child !== child) return;
    if (Date.now() - this.#running.startedMs > recoveredAfterMs) this.#deaths = 0;
    this.#startLater(String(child.signalCode ?? `exit code ${child.exitCode}`));
  }

  #startLater(cause: string): void {
    this.#deaths += 1;
    const delayMs = restartDelayMs(this.#deaths);
    this.#around.report(`${this.spec.name} died (${cause}), starting it again in ${delayMs} ms`);
    this.#state = "restarting";
    this.#running = undefined;
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, delayMs);
    this.#around.onChange();
  }
}
