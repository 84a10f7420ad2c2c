/** `--detach`: starts the supervisor in its own session, shows its progress, leaves when it is ready. */

import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

import { inheritedEnv } from "./env.ts";
import type { SupervisorMessage } from "./foreground.ts";
import { checkout, type Home, prepareHome } from "./home.ts";
import type { UpOptions } from "./options.ts";

export async function runDetached(home: Home, options: UpOptions): Promise<number> {
  prepareHome(home);
  const logPath = join(home.logs, "supervisor.log");
  const log = openSync(logPath, "a", 0o600);
  const outcome = Promise.withResolvers<number>();
  const child = Bun.spawn(
    [process.execPath, "--no-env-file", join(checkout, "ops/up.ts"), ...supervisorArgs(options)],
    {
      cwd: checkout,
      env: inheritedEnv(),
      stdin: "ignore",
      stdout: log,
      stderr: log,
      detached: true,
      serialization: "json",
      ipc: (message: SupervisorMessage) => onMessage(message, outcome.resolve),
    },
  );
  closeSync(log);
  void child.exited.then((exitCode) => outcome.resolve(exitCode === 0 ? 1 : exitCode));
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill("SIGTERM"));
  const exitCode = await outcome.promise;
  if (exitCode === 0) child.disconnect();
  else await child.exited;
  return exitCode;
}

function onMessage(message: SupervisorMessage, settle: (exitCode: number) => void): void {
  switch (message.kind) {
    case "progress":
      console.log(message.line);
      return;
    case "ready":
      console.log(message.text);
      settle(0);
      return;
    case "failed":
      console.error(message.line);
      settle(1);
      return;
    default:
      message satisfies never;
  }
}

function supervisorArgs({ demo, standby, edge, serversOnly }: UpOptions): string[] {
  return [
    ...(demo ? ["--demo"] : []),
    ...(standby ? ["--standby"] : []),
    ...(edge ? ["--edge"] : []),
    ...(serversOnly ? ["--only", "servers"] : []),
  ];
}
