/** NATS, MySQL and Redis of their own for one test, which may kill them: their supervisor starts them again. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TokenIdentity } from "@exchange/identity/api";
import { openMysql } from "@exchange/store";
import { sql } from "kysely";

import { mysqlUrl, onLoopback, type ServerAddresses } from "../setup/addresses.ts";
import { checkout, homeAt } from "../setup/home.ts";
import { signal } from "../setup/process-identity.ts";
import { runProgram, tellingLine } from "../setup/run-program.ts";
import { provision } from "../setup/run-provision.ts";
import { readSecrets, type Secrets } from "../setup/secrets.ts";
import { readState } from "../setup/state.ts";

export interface KillableServers {
  readonly at: ServerAddresses;
  readonly secrets: Secrets;
  /** With SIGKILL. Returns at once; the server is back a fraction of a second later. */
  kill(name: "nats-server" | "mysql" | "redis"): void;
  /** Writes what an identity leaves behind that dies between its commit and its message. */
  revoke(owner: TokenIdentity): Promise<void>;
  remove(): Promise<void>;
}

export async function startKillableServers(): Promise<KillableServers> {
  const folder = mkdtempSync(join(tmpdir(), "exchange-logout-"));
  const home = homeAt(folder);
  await runOps(folder, "up", ["--only", "servers", "--detach"]);
  const { nats, mysql, redis } = readState(home)?.ports ?? {};
  if (nats === undefined || mysql === undefined || redis === undefined) {
    throw new Error("the servers are up but the state file names no ports");
  }
  const at = onLoopback({ nats, mysql, redis });
  const secrets = readSecrets(home);
  const stopping = new AbortController().signal;
  await provision({ home, secrets, at, report: () => undefined, stopping });
  return {
    at,
    secrets,
    kill(name) {
      const found = readState(home)?.processes.find((process) => process.name === name);
      if (found === undefined || !signal(found, "SIGKILL"))
        throw new Error(`${name} is not running`);
    },
    async revoke({ tokenId, sessionId, expiresAtS }) {
      const url = `${mysqlUrl(at, secrets, "identity")}/exchange_identity`;
      const db = openMysql<unknown>({ url, connectionsMax: 1 });
      await sql`insert into revoked_tokens (token_id, session_id, expires_s)
        values (${tokenId}, ${sessionId}, ${expiresAtS})`.execute(db);
      await db.destroy();
    },
    async remove() {
      await runOps(folder, "down");
      rmSync(folder, { recursive: true });
    },
  };
}

async function runOps(
  folder: string,
  verb: "up" | "down",
  args: readonly string[] = [],
): Promise<void> {
  const { exitCode, output } = await runProgram(
    [process.execPath, "--no-env-file", join(checkout, `ops/${verb}.ts`), ...args],
    { env: { EXCHANGE_HOME: folder } },
  );
  if (exitCode !== 0) throw new Error(`ops/${verb} failed: ${tellingLine(output)}`);
}
