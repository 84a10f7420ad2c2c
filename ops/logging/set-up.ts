/**
 * Makes Elasticsearch and Kibana ready for the exchange's logs: `set-up.ts FOLDER ELASTICSEARCH KIBANA`, where FOLDER
 * has a file with the password of each. Every step may be repeated.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Failure, runCommand } from "../setup/failure.ts";
import { setUpLogging } from "./set-up-logging.ts";

/** A cold start of Kibana takes minutes on a small machine. */
const limitMs = 600_000;

await runCommand(async () => {
  const [folder, elasticsearch, kibana] = process.argv.slice(2);
  if (folder === undefined || elasticsearch === undefined || kibana === undefined) {
    throw new Failure("Usage: set-up.ts FOLDER ELASTICSEARCH KIBANA");
  }
  const passwordOf = (owner: string): string => readFileSync(join(folder, owner), "utf8").trim();
  await setUpLogging({
    elasticsearch,
    kibana,
    passwords: {
      elastic: passwordOf("elasticsearch"),
      kibana: passwordOf("kibana"),
      logstash: passwordOf("logstash"),
    },
    limitMs,
  });
  console.log("Elasticsearch and Kibana are ready for the logs.");
  return 0;
});
