import { expect, test } from "bun:test";
import { join } from "node:path";

import { z } from "zod";

import { serviceSettings } from "../setup/env.ts";
import { checkout } from "../setup/home.ts";
import { listServices } from "../setup/service-list.ts";

const Container = z.object({
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.unknown()).default({}),
  volumes: z.array(z.string()).default([]),
});
const Compose = z.object({ services: z.record(z.string(), Container) });

const text = await Bun.file(join(checkout, "docker-compose.yml")).text();
const { services: containers } = Compose.parse(Bun.YAML.parse(text));

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
    mysql: { root: "", identity: "", wallet: "", order: "", ops: "" },
    redis: { root: "", gateway: "", identity: "", wallet: "", market: "", ops: "" },
    demo: "",
    sealing: "",
    jwtSigningKeyFile: "",
  },
  jwtSigningKeyFile: "",
  testFunds: "on",
});

test("the containers are the servers, the services of ops/up and two that set up", () => {
  const setUp = ["secrets", "provision", "nats", "mysql", "redis"];
  const expected = [...setUp, ...services.map(({ name }) => name)];
  expect(Object.keys(containers).toSorted()).toEqual(expected.toSorted());
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
