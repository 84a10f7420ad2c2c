import { expect, test } from "bun:test";
import { join } from "node:path";

import { z } from "zod";

import { serviceSettings } from "../setup/env.ts";
import { checkout } from "../setup/home.ts";
import { listServices } from "../setup/service-list.ts";

const Container = z.object({
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.unknown()).default({}),
  volumes: z.array(z.string()).default([]),
});
const Compose = z.object({ services: z.record(z.string(), Container) });

const text = await Bun.file(join(checkout, "docker-compose.yml")).text();
const parsed = Bun.YAML.parse(text);
const { services: containers } = Compose.parse(parsed);
/** With what the shapes above do not name. */
const raw = z.object({ services: z.record(z.string(), z.unknown()) }).parse(parsed);

const services = listServices({
  at: { nats: "nats:4222", mysql: "mysql:3306", redis: "redis:6379" },
  secrets: {
    nats: {
      gateway: "",
      identity: "",
      wallet: "",
      order: "",
      market: "",
      engine: "",
      ops: "",
      provision: "",
    },
    mysql: { root: "", identity: "", wallet: "", order: "", market: "", ops: "" },
    redis: { root: "", gateway: "", identity: "", wallet: "", market: "", ops: "" },
    demo: "",
    sealing: "",
    edge: "",
    jwtSigningKeyFile: "",
  },
  jwtSigningKeyFile: "",
  testFunds: "on",
});

test("the containers are the servers, the services of ops/up and two that set up", () => {
  const setUp = ["secrets", "provision", "nats", "mysql", "redis"];
  const expected = [...setUp, ...services.map(({ name }) => name)];
  const core = Object.keys(containers).filter((name) => containers[name]?.profiles.length === 0);
  expect(core.toSorted()).toEqual(expected.toSorted());
});

test.each(services.map(({ name, main }) => [name, main]))(
  "%s runs its own entry point with its own secrets only",
  (name, main) => {
    const container = containers[name];
    expect(container?.command).toEqual(["bun", "--env-file=/secrets/env", main]);
    expect(container?.volumes).toEqual([`secrets-${name}:/secrets:ro`]);
  },
);

test.each(Object.entries(serviceSettings))("%s gets the settings of the shell", (name, shapes) => {
  // A name without a value is passed on when it is set.
  const handedOn = Object.keys(shapes).map((setting) => [setting, null]);
  expect(containers[name]?.environment).toMatchObject(Object.fromEntries(handedOn));
});

/** Has neither shell nor client in its image; ends when it is done. */
const withoutHealthCheck = new Set(["collector", "logging-setup"]);
/** Reads what belongs to root. */
const rightsOf: Readonly<Record<string, readonly string[]>> = { filebeat: ["DAC_READ_SEARCH"] };

const Onlooker = z.object({
  image: z.string().regex(/^exchange$|^[a-z0-9./-]+:v?\d[\w.-]*$/),
  user: z.string().regex(/^\d+:\d+$/),
  cap_drop: z.tuple([z.literal("ALL")]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.tuple([z.literal("no-new-privileges:true")]),
  ports: z.array(z.string().startsWith("127.0.0.1:")).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  deploy: z.object({
    resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }),
  }),
});
const onlookers = Object.keys(containers).filter((name) => containers[name]?.profiles.length !== 0);

test.each(onlookers)("%s has limits, a health check, no rights, and no port for others", (name) => {
  const { healthcheck, user, cap_add: rights } = Onlooker.parse(raw.services[name]);
  expect(rights).toEqual([...(rightsOf[name] ?? [])]);
  expect(user.startsWith("0:")).toBe(name in rightsOf);
  expect(healthcheck === undefined).toBe(withoutHealthCheck.has(name));
  const owned = containers[name]?.volumes.filter((volume) => volume.startsWith("secrets-")) ?? [];
  expect(owned.filter((volume) => volume !== `secrets-${name}:/secrets:ro`)).toEqual([]);
});

test("no password, key or address with a login is written into the file", () => {
  const values = Object.values(containers).flatMap(({ environment }) =>
    Object.entries(environment),
  );
  for (const [name, value] of values) {
    // Without a value it is passed on from whoever starts the containers.
    if (name.endsWith("_FILE") || value === null) continue;
    expect(name).not.toMatch(/PASSWORD|SECRET|KEY|NATS_URL|MYSQL_URL|REDIS_URL/);
    expect(JSON.stringify(value)).not.toContain("@");
  }
});
