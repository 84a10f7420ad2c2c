/** Starts one supervised process, marked with its home, its output going to a log of its own. */

import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

import type { Subprocess } from "bun";

import { inheritedEnv } from "./env.ts";
import type { Home } from "./home.ts";
import { identify, type ProcessIdentity, supervisedMark } from "./process-identity.ts";
import type { ProcessSpec } from "./process-spec.ts";
import { withoutPreemption } from "./scheduling.ts";

export interface SpawnedProcess {
  readonly child: Subprocess;
  readonly identity: ProcessIdentity;
  readonly startedMs: number;
}

export function spawnProcess(spec: ProcessSpec, home: Home): SpawnedProcess {
  const log = openSync(join(home.logs, `${spec.name}.log`), "a", 0o600);
  try {
    const child = Bun.spawn(withoutPreemption(spec.command), {
      cwd: spec.cwd,
      env: { ...ordinaryEnv(), ...spec.env, [supervisedMark]: home.root },
      stdin: "ignore",
      stdout: log,
      stderr: log,
      // Its own session: Ctrl-C in the terminal reaches the supervisor alone, which stops in order.
      detached: true,
    });
    const identity = identify(child.pid) ?? { pid: child.pid, birth: "" };
    return { child, identity, startedMs: Date.now() };
  } finally {
    closeSync(log);
  }
}

/** A supervised process inherits the machine's settings, and none of the shell's accidents. */
function ordinaryEnv(): Record<string, string> {
  const kept = /^(PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_.*)$/;
  const entries = Object.entries(inheritedEnv()).filter(
    (entry): entry is [string, string] => kept.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
