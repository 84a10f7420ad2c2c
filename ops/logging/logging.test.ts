/** The files of the profile `logging`, compared with what the services write. None of its programs was run. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { createTelemetry } from "@exchange/streams/runtime";
import { z } from "zod";

import { parsePipeline } from "./testing/parse-pipeline.ts";
import { undeclaredFields } from "./testing/undeclared-fields.ts";

const Reference = z.strictObject({ id: z.string(), name: z.string(), type: z.string() });
const SavedObject = z.strictObject({
  id: z.string(),
  type: z.enum(["index-pattern", "visualization", "search", "dashboard"]),
  attributes: z.looseObject({ title: z.string() }),
  references: z.array(Reference),
});
const JsonText = z.string().transform((text): unknown => JSON.parse(text));
const Panels = JsonText.pipe(
  z.array(z.object({ panelIndex: z.string(), panelRefName: z.string(), type: z.string() })),
);
const Fields = z.object({ columns: z.array(z.string()).optional() });
const Aggregations = JsonText.pipe(
  z.object({ aggs: z.array(z.object({ params: z.object({ field: z.string().optional() }) })) }),
);

const Filebeat = z.strictObject({
  "filebeat.inputs": z.array(
    z.strictObject({
      type: z.literal("filestream"),
      id: z.string(),
      paths: z.array(z.string()),
      parsers: z.array(
        z.record(z.enum(["container", "ndjson"]), z.unknown()).or(z.looseObject({})),
      ),
    }),
  ),
  processors: z.array(z.record(z.string(), z.array(z.string()))),
  "output.logstash": z.strictObject({ hosts: z.array(z.string()) }),
  "logging.level": z.enum(["info", "warning", "error"]),
});

const textOf = async (file: string): Promise<string> =>
  await Bun.file(join(import.meta.dir, file)).text();

const objects = (await textOf("kibana.ndjson"))
  .trim()
  .split("\n")
  .map((line) => SavedObject.parse(JSON.parse(line)));
const pipeline = parsePipeline(await textOf("logstash/exchange.conf"));

function logLines(): object[] {
  const lines: object[] = [];
  const { logger } = createTelemetry({
    service: "wallet",
    instance: "wallet-1",
    logLevel: "info",
    traceExporter: "none",
    logTo: {
      write(text) {
        lines.push(z.looseObject({}).parse(JSON.parse(text)));
      },
    },
  });
  logger.warn({ err: new Error("late"), market: "BTC-USD" }, "a failure");
  logger.info(
    { http: { request: { method: "GET", id: "1" }, response: { status_code: 200 } } },
    "request",
  );
  logger.info({ span: { links: [{ trace: { id: "a" }, span: { id: "b" } }] } }, "a batch");
  return lines;
}

test("what the logger writes is in the index template, with its type", () => {
  const lines = logLines();
  expect(lines).toHaveLength(3);
  expect(lines.flatMap(undeclaredFields)).toEqual([]);
});

test("a field that is not declared, or has another type, is noticed", () => {
  expect(undeclaredFields({ "log.level": "info", color: "red" })).toEqual([
    "color is not declared",
  ]);
  expect(undeclaredFields({ url: "http://x" })).toEqual(['url is "http://x", not object']);
  expect(undeclaredFields({ event: { duration: "5" } })).toEqual([
    'event.duration is "5", not long',
  ]);
});

test("Filebeat lets the services' lines pass and sends them where Logstash listens", async () => {
  const config = Filebeat.parse(Bun.YAML.parse(await textOf("filebeat.yml")));
  const [beats] = pipeline.filter(({ section }) => section === "input");
  expect(config["output.logstash"].hosts).toEqual([
    `logstash:${beats?.options["port"]?.toString()}`,
  ]);
  const wanted = config.processors.flatMap((processor) => Object.values(processor).flat());
  for (const line of logLines()) expect(wanted.filter((field) => !(field in line))).toEqual([]);
});

test("Logstash knows each plugin and option, and takes its password from the environment", () => {
  const known: Readonly<Record<string, readonly string[]>> = {
    "input beats": ["port"],
    "filter mutate": ["remove_field"],
    "filter fingerprint": ["source", "concatenate_sources", "method", "target"],
    "output elasticsearch": [
      "hosts",
      "user",
      "password",
      "data_stream",
      "index",
      "action",
      "document_id",
      "manage_template",
      "ilm_enabled",
    ],
  };
  const used = pipeline.map(({ section, name, options }) => [
    `${section} ${name}`,
    Object.keys(options),
  ]);
  expect(Object.fromEntries(used)).toEqual(known);
  const [output] = pipeline.filter(({ section }) => section === "output");
  expect(output?.options["password"]).toBe("${LOGSTASH_PASSWORD}");
});

test.each([
  "input { beats { port => } }",
  "input { beats { port => 1 }",
  "inputs { }",
  "input ~ { }",
])("a wrong pipeline is noticed: %s", (text) => {
  expect(() => parsePipeline(text)).toThrow();
});

test("Kibana's objects refer to one another, and to declared fields only", () => {
  const ids = new Set(objects.map(({ id, type }) => `${type} ${id}`));
  expect(ids.size).toBe(objects.length);
  for (const { attributes, references } of objects) {
    expect(references.filter(({ id, type }) => !ids.has(`${type} ${id}`))).toEqual([]);
    const { columns = [] } = Fields.parse(attributes);
    const aggregations =
      attributes["visState"] === undefined ? [] : Aggregations.parse(attributes["visState"]).aggs;
    const fields = [...columns, ...aggregations.flatMap(({ params }) => params.field ?? [])];
    const undeclared = fields.flatMap((field) => undeclaredFields({ [field]: null }));
    expect(undeclared.filter((text) => text.endsWith("is not declared"))).toEqual([]);
  }
});

test("each panel of the dashboard is an object of that kind", () => {
  const [dashboard] = objects.filter(({ type }) => type === "dashboard");
  const panels = Panels.parse(dashboard?.attributes["panelsJSON"]);
  const wanted = panels.map(({ panelIndex, panelRefName, type }) => [
    `${panelIndex}:${panelRefName}`,
    type,
  ]);
  expect(dashboard?.references.map(({ name, type }) => [name, type])).toEqual(wanted);
  expect(panels).toHaveLength(objects.length - 2);
});
