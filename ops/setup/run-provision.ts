/** Runs `ops/provision.ts` as its own process, the way a container of it runs elsewhere. */

import { join } from "node:path";

import { mysqlUrl, natsLogin, type ServerAddresses } from "./addresses.ts";
import { Failure } from "./failure.ts";
import { checkout, type Home } from "./home.ts";
import { supervisedMark } from "./process-identity.ts";
import { runProgram, tellingLine } from "./run-program.ts";
import type { Secrets } from "./secrets.ts";

export interface ProvisionInput {
  readonly home: Home;
  readonly secrets: Secrets;
  readonly at: ServerAddresses;
  readonly report: (line: string) => void;
  readonly stopping: AbortSignal;
}

export async function provision(input: ProvisionInput): Promise<void> {
  const { home, secrets, at, report, stopping } = input;
  report("Provisioning databases and streams ...");
  const { exitCode, output } = await runProgram(
    [process.execPath, "--no-env-file", join(checkout, "ops/provision.ts")],
    {
      env: {
        ...provisioningEnv(at, secrets),
        [supervisedMark]: home.root,
      },
    },
  );
  stopping.throwIfAborted();
  if (exitCode !== 0) throw new Failure(`Provisioning failed: ${tellingLine(output)}`);
}

/** What `provisioning/env.ts` reads. */
export function provisioningEnv(at: ServerAddresses, secrets: Secrets): Record<string, string> {
  return {
    ...natsLogin(at, secrets, "provision"),
    MYSQL_URL: mysqlUrl(at, secrets, "root"),
    MYSQL_PASSWORD_IDENTITY: secrets.mysql.identity,
    MYSQL_PASSWORD_WALLET: secrets.mysql.wallet,
    MYSQL_PASSWORD_ORDER: secrets.mysql.order,
    MYSQL_PASSWORD_MARKET: secrets.mysql.market,
    MYSQL_PASSWORD_OPS: secrets.mysql.ops,
  };
}
