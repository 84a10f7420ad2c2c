/** Creates or brings up to date what the services rely on: databases, users, tables, streams, markets. */

import { runCommand } from "./setup/failure.ts";
import { readProvisioningEnv } from "./setup/provisioning/env.ts";
import { provisionMysql } from "./setup/provisioning/mysql.ts";
import { provisionNats } from "./setup/provisioning/nats.ts";

await runCommand(async () => {
  const env = readProvisioningEnv();
  await Promise.all([provisionMysql(env), provisionNats(env)]);
  console.log("Databases and streams are provisioned.");
  return 0;
});
