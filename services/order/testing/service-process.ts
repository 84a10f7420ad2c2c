/** A service as a real process, to be stopped and killed. */

import { join } from "node:path";

import type { Subprocess } from "bun";

import { minimalEnv } from "./env.ts";

const ROOT = join(import.meta.dir, "../../..");
const START_LIMIT_MS = 30_000;

export interface ServiceProcess {
  /** Where `/readyz` and `/metrics` are. */
  readonly adminUrl: string;
  pause(): void;
  goOn(): void;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Resolves once it has started. `main` is from the root of the checkout. */
export async function startProcess(
  main: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const started = Bun.spawn([process.execPath, "--no-env-file", join(ROOT, main)], {
    env: { ...minimalEnv(), ADMIN_PORT: "0", LOG_LEVEL: "info", ...env },
    stdout: "pipe",
    stderr: "inherit",
  });
  const port = await Promise.race([readAdminPort(started), Bun.sleep(START_LIMIT_MS)]);
  if (port === undefined) {
    started.kill("SIGKILL");
    throw new Error(`${main} did not start`);
  }
  return {
    adminUrl: `http://127.0.0.1:${port}`,
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

/** From the log line of the start; what goes wrong later is passed on to whoever reads the test. */
async function readAdminPort({
  stdout,
}: Subprocess<"ignore", "pipe", "inherit">): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const decoder = new TextDecoder();
  void (async () => {
    let text = "";
    for await (const bytes of stdout) {
      text += decoder.decode(bytes, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) resolveFrom(line, resolve);
    }
    resolve(undefined);
  })();
  return await promise;
}

function resolveFrom(line: string, resolve: (port: number) => void): void {
  const port = /"adminPort":(\d+)/.exec(line)?.[1];
  if (port !== undefined) resolve(Number(port));
  else if (/"log.level":"(error|fatal)"/.test(line)) process.stderr.write(`${line}\n`);
}

/** The wallet's schema is its own package's business: this runs that package's code. */
export async function migrateWallet(mysqlUrl: string): Promise<void> {
  const code = `
    import { migrate, openMysql } from "@exchange/store";
    import { migrations } from "./migrations/index.ts";
    const db = openMysql({ url: ${JSON.stringify(mysqlUrl)}, connectionsMax: 1 });
    await migrate(db, migrations);
    await db.destroy();`;
  const migrating = Bun.spawn([process.execPath, "--no-env-file", "-e", code], {
    cwd: join(ROOT, "services/wallet"),
    env: minimalEnv(),
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await migrating.exited) !== 0) throw new Error("the wallet's schema was not applied");
}
