/** What the layers behind a market read have done so far, by their own count. */

import { openRedis } from "@exchange/store";
import type { Redis } from "ioredis";
import type { Connection } from "mysql2/promise";
import { createConnection } from "mysql2/promise";

import { Failure } from "../../setup/failure.ts";
import type { Running } from "../../setup/running.ts";

export interface Counts {
  /** The gateway's own cache; hits also where the answer was a moment old. */
  readonly hits: number;
  readonly shared: number;
  readonly misses: number;
  /** Reads of the market service, also those that nobody waited for. */
  readonly loads: number;
  readonly redisCommands: number;
  readonly mysqlQueries: number;
}

export interface Counters {
  read(): Promise<Counts>;
  close(): Promise<void>;
}

export async function openCounters(running: Running): Promise<Counters> {
  const gateways = running.processes.filter(({ name }) => name.startsWith("gateway"));
  const [gateway] = gateways;
  if (gateway?.adminPort === undefined || gateways.length > 1) {
    throw new Failure("The figures are of one gateway process, and there has to be one.");
  }
  const metricsUrl = `http://127.0.0.1:${gateway.adminPort}/metrics`;
  const redis = await openRedis(running.redisUrl);
  const mysql = await createConnection({ uri: running.mysqlUrl });
  return {
    async read() {
      const [metrics, redisCommands, mysqlQueries] = await Promise.all([
        (await fetch(metricsUrl)).text(),
        readRedis(redis),
        readMysql(mysql),
      ]);
      const answers = (answer: string): number =>
        sumOf(metrics, "gateway_market_reads_total", { answer });
      return {
        hits: answers("hit") + answers("outdated"),
        shared: answers("shared"),
        misses: answers("miss"),
        loads: sumOf(metrics, "gateway_market_load_seconds_count"),
        redisCommands,
        mysqlQueries,
      };
    },
    async close() {
      redis.disconnect();
      await mysql.end();
    },
  };
}

/** Of all endpoints; with the label, when one is named. */
export function sumOf(metrics: string, name: string, label: Record<string, string> = {}): number {
  const wanted = Object.entries(label).map(([key, value]) => `${key}="${value}"`);
  return metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) && wanted.every((one) => line.includes(one)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

async function readRedis(redis: Redis): Promise<number> {
  const info = await redis.info("stats");
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);
}

async function readMysql(mysql: Connection): Promise<number> {
  const [rows] = await mysql.query("show global status like 'Questions'");
  const [row] = Array.isArray(rows) ? rows : [];
  return row !== undefined && "Value" in row ? Number(row["Value"]) : Number.NaN;
}
