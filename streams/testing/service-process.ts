/** A service as a real process, to be stopped and killed. */

import { join } from "node:path";

import type { Subprocess } from "bun";

import { minimalEnv } from "./env.ts";
import { until } from "./until.ts";

const ROOT = join(import.meta.dir, "../..");
const START_LIMIT_MS = 30_000;

export interface ServiceProcess {
  readonly pid: number;
  /** Where `/readyz` and `/metrics` are. */
  readonly adminUrl: string;
  /** Its log lines of errors so far. */
  readonly errors: readonly string[];
  /** What `/readyz` says: `ok`, or what is missing. Undefined when nothing answers. */
  readiness(): Promise<string | undefined>;
  /** SIGSTOP, until `goOn`. */
  pause(): void;
  goOn(): void;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number>;
  /** SIGKILL, whatever state it is in. */
  kill(): Promise<void>;
}

/**
 * Resolves once it has started, which is before it is ready. `main` is from the root of the checkout. The
 * process gets nothing of the test's environment.
 */
export async function startProcess(
  main: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const started = Bun.spawn([process.execPath, "--no-env-file", join(ROOT, main)], {
    env: { ...minimalEnv(), ADMIN_PORT: "0", LOG_LEVEL: "info", ...env },
    stdout: "pipe",
    stderr: "inherit",
  });
  const errors: string[] = [];
  const port = await Promise.race([readAdminPort(started, errors), Bun.sleep(START_LIMIT_MS)]);
  if (port === undefined) {
    started.kill("SIGKILL");
    throw new Error(`${main} did not start`);
  }
  const adminUrl = `http://127.0.0.1:${port}`;
  return {
    pid: started.pid,
    adminUrl,
    errors,
    async readiness() {
      const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
      return (await response?.text())?.trimEnd();
    },
    pause: () => started.kill("SIGSTOP"),
    goOn: () => started.kill("SIGCONT"),
    async stop() {
      started.kill("SIGTERM");
      return await started.exited;
    },
    async kill() {
      started.kill("SIGKILL");
      await started.exited;
    },
  };
}

export async function untilReady(service: ServiceProcess): Promise<void> {
  await until(async () => (await service.readiness()) === "ok");
}

/** From the log line of the start. Undefined when it ended before that. */
async function readAdminPort(
  { stdout }: Subprocess<"ignore", "pipe", "inherit">,
  errors: string[],
): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const decoder = new TextDecoder();
  void (async () => {
    let text = "";
    for await (const bytes of stdout) {
      text += decoder.decode(bytes, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) readLine(line, { resolve, errors });
    }
    resolve(undefined);
  })();
  return await promise;
}

interface Heard {
  readonly resolve: (port: number) => void;
  readonly errors: string[];
}

/** What goes wrong is passed on to whoever reads the test. */
function readLine(line: string, { resolve, errors }: Heard): void {
  const port = /"adminPort":(\d+)/.exec(line)?.[1];
  if (port !== undefined) resolve(Number(port));
  else if (/"log.level":"(error|fatal)"/.test(line)) {
    errors.push(line);
    process.stderr.write(`${line}\n`);
  }
}
