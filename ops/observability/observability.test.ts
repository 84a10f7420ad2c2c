/** What is looked at exists: metrics, labels, runbooks, containers. Whether Prometheus takes the files: promtool.live.test.ts. */

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { Glob } from "bun";
import { z } from "zod";

import { checkout } from "../setup/home.ts";
import { readExpression } from "./testing/expression.ts";
import { registeredSeries } from "./testing/registries.ts";

const Rules = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^[A-Z][A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[sm]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(["warning", "critical"]) }),
          annotations: z.strictObject({
            summary: z.string().min(1),
            runbook: z.string().regex(/^ops\/runbooks\/[a-z-]+\.md$/),
          }),
        }),
      ),
    }),
  ),
});

const GridPos = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1),
  h: z.int().min(1),
});
const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int(),
  panels: z.array(
    z.object({
      id: z.int(),
      type: z.enum(["timeseries", "stat"]),
      title: z.string(),
      datasource: z.object({ type: z.literal("prometheus"), uid: z.string() }),
      gridPos: GridPos,
      targets: z
        .array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() }))
        .min(1),
    }),
  ),
});

const DataSources = z.object({
  datasources: z.array(z.object({ uid: z.string(), url: z.url() })),
});
const Scrapes = z.object({
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.object({
      job_name: z.string(),
      static_configs: z.array(z.object({ targets: z.array(z.string()) })),
    }),
  ),
});
const Collector = z.object({
  extensions: z.record(z.string(), z.unknown()),
  receivers: z.record(z.string(), z.unknown()),
  processors: z.record(z.string(), z.unknown()),
  exporters: z.record(z.string(), z.object({ endpoint: z.url() })),
  service: z.object({
    extensions: z.array(z.string()),
    pipelines: z.record(
      z.string(),
      z.object({
        receivers: z.array(z.string()),
        processors: z.array(z.string()),
        exporters: z.array(z.string()),
      }),
    ),
  }),
});
const Compose = z.object({ services: z.record(z.string(), z.unknown()) });

const dashboardsFolder = join(import.meta.dir, "grafana/dashboards");
const dashboards = await Promise.all(
  [...new Glob("*.json").scanSync(dashboardsFolder)].map(async (file) => ({
    file,
    board: Dashboard.parse(await Bun.file(join(dashboardsFolder, file)).json()),
  })),
);
const rules = Rules.parse(await readYaml("alerts.yml")).groups.flatMap((group) => group.rules);
const { services: containers } = Compose.parse(await readYaml("../../docker-compose.yml"));
const { datasources } = DataSources.parse(
  await readYaml("grafana/provisioning/datasources/exchange.yml"),
);

/** Prometheus makes it itself. */
const known = new Map([...registeredSeries(), ["up", new Set(["job", "instance"])]]);

async function readYaml(file: string): Promise<unknown> {
  return Bun.YAML.parse(await Bun.file(join(import.meta.dir, file)).text());
}

/** A histogram is shown when one of its series is. */
function seriesOfOne(name: string): string[] {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return [base, `${base}_bucket`, `${base}_sum`, `${base}_count`];
}

function expectKnown(expression: string): void {
  const { series, labels } = readExpression(expression);
  expect(series).not.toBeEmpty();
  const asked = series.map((name) => ({ name, labels: known.get(name) }));
  expect(asked.filter((one) => one.labels === undefined).map(({ name }) => name)).toEqual([]);
  const foreign = labels.filter((label) => !asked.some((one) => one.labels?.has(label)));
  expect(foreign).toEqual([]);
}

test("the registries are read: a name that nobody registers is not in them", () => {
  expect(known.has("nodejs_eventloop_lag_p99_seconds")).toBeTrue();
  expect(known.has("order_append_wait_seconds_bucket")).toBeTrue();
  expect(() => expectKnown("engine_commands")).toThrow();
  expect(() => expectKnown('engine_commands_total{endpoint="x"}')).toThrow();
});

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  "%s asks for what is registered and has a runbook",
  (_, { expr, annotations }) => {
    expectKnown(expr);
    expect(existsSync(join(checkout, annotations.runbook))).toBeTrue();
    // Functions of the template (humanize) stand after a bar, labels after a dot.
    const told = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(
      ([, label = ""]) => label,
    );
    const { series } = readExpression(expr);
    const labels = new Set(series.flatMap((name) => [...(known.get(name) ?? [])]));
    expect(told.filter((label) => !labels.has(label))).toEqual([]);
  },
);

test("no alert has the name of another", () => {
  const names = rules.map(({ alert }) => alert);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

test.each(dashboards.map(({ file, board }) => [file, board] as const))(
  "%s asks for what is registered",
  (file, board) => {
    expect(`${board.uid}.json`).toBe(file);
    for (const { datasource, targets } of board.panels) {
      expect(datasources.map(({ uid }) => uid)).toContain(datasource.uid);
      for (const { expr } of targets) expectKnown(expr);
    }
  },
);

test.each(dashboards.map(({ file, board }) => [file, board] as const))(
  "the panels of %s have ids of their own and do not cover one another",
  (_, { panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from(
        { length: w * h },
        (_unused, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`,
      ),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  },
);

test("every metric is shown on a dashboard or watched by an alert, but for the runtime's own", () => {
  const shown = new Set(
    [
      ...rules.map(({ expr }) => expr),
      ...dashboards.flatMap(({ board }) =>
        board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ),
    ].flatMap((expr) => readExpression(expr).series),
  );
  const missing = [...known.keys()]
    .filter((name) => !/^(process|nodejs)_/.test(name))
    .filter((name) => !seriesOfOne(name).some((one) => shown.has(one)));
  expect(missing).toEqual([]);
});

test("what is scraped, exported to and shown are containers, and the rule files are there", async () => {
  const { rule_files: ruleFiles, scrape_configs: scrapes } = Scrapes.parse(
    await readYaml("prometheus.yml"),
  );
  const targets = scrapes.flatMap((scrape) => scrape.static_configs.flatMap((one) => one.targets));
  const { exporters } = Collector.parse(await readYaml("collector.yml"));
  const hosts = [
    ...targets.map((target) => target.split(":")[0] ?? ""),
    ...Object.values(exporters).map(({ endpoint }) => new URL(endpoint).hostname),
    ...datasources.map(({ url }) => new URL(url).hostname),
  ];
  expect(hosts.filter((host) => !(host in containers))).toEqual([]);
  for (const file of ruleFiles) expect(existsSync(join(import.meta.dir, file))).toBeTrue();
});

test("the collector's pipelines use what is declared, and all of it", async () => {
  const { service, ...declared } = Collector.parse(await readYaml("collector.yml"));
  const pipelines = Object.values(service.pipelines);
  for (const part of ["receivers", "processors", "exporters"] as const) {
    const used = new Set(pipelines.flatMap((pipeline) => pipeline[part]));
    expect([...used].toSorted()).toEqual(Object.keys(declared[part]).toSorted());
  }
  expect(service.extensions).toEqual(Object.keys(declared.extensions));
});
