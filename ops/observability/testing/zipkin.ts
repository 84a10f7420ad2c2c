/** A real Zipkin for a test, in memory, from the executable jar that its makers publish. */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "@exchange/streams/testing";
import { z } from "zod";

import { toolsFolder } from "../../setup/home.ts";
import { runProgram } from "../../setup/run-program.ts";

const VERSION = "3.5.1";
const folder = join(toolsFolder, "zipkin");
const jar = join(folder, `zipkin-server-${VERSION}-exec.jar`);
const START_LIMIT_MS = 60_000;
const POLL_MS = 200;

/** As its second API tells them. */
const ZipkinSpans = z.array(
  z.looseObject({
    id: z.string(),
    parentId: z.string().optional(),
    name: z.string(),
    localEndpoint: z.object({ serviceName: z.string() }),
  }),
);
export type ZipkinSpan = z.infer<typeof ZipkinSpans>[number];

export interface Zipkin {
  /** Where exporters send to. */
  readonly spansUrl: string;
  /** Empty when it has none of that trace. */
  trace(traceId: string): Promise<ZipkinSpan[]>;
  /** Ids of the traces in which a service has a span of that name. */
  find(serviceName: string, spanName: string): Promise<string[]>;
  stop(): Promise<void>;
}

const java = Bun.which("java");
const maven = Bun.which("mvn");

/** It takes Java, and Maven to fetch the jar once. */
export const canRunZipkin = java !== null && (existsSync(jar) || maven !== null);

export async function fetchZipkin(): Promise<void> {
  if (existsSync(jar)) return;
  const artifact = `io.zipkin:zipkin-server:${VERSION}:jar:exec`;
  const { exitCode, output } = await runProgram([
    maven ?? "mvn",
    "--batch-mode",
    "--quiet",
    "dependency:copy",
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${folder}`,
  ]);
  if (exitCode !== 0) throw new Error(`${artifact} cannot be fetched: ${output}`);
}

export async function startZipkin(): Promise<Zipkin> {
  const port = freePort();
  const child = Bun.spawn([java ?? "java", "-Xmx256m", "-jar", jar], {
    env: { QUERY_PORT: String(port), STORAGE_TYPE: "mem", LOGGING_LEVEL_ROOT: "WARN" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  const giveUpMs = performance.now() + START_LIMIT_MS;
  while (!(await isUp(url))) {
    if (child.exitCode !== null || performance.now() > giveUpMs) {
      child.kill("SIGKILL");
      throw new Error("Zipkin does not start");
    }
    await Bun.sleep(POLL_MS);
  }
  return {
    spansUrl: `${url}/api/v2/spans`,
    async trace(traceId) {
      const answer = await fetch(`${url}/api/v2/trace/${traceId}`);
      return answer.ok ? ZipkinSpans.parse(await answer.json()) : [];
    },
    async find(serviceName, spanName) {
      const query = new URLSearchParams({ serviceName, spanName, limit: "100" });
      const answer = await fetch(`${url}/api/v2/traces?${query.toString()}`);
      const traces = z.array(z.array(z.looseObject({ traceId: z.string() })));
      return traces.parse(await answer.json()).flatMap(([span]) => span?.traceId ?? []);
    },
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}

async function isUp(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health`).catch(() => undefined);
  return answer?.ok ?? false;
}
