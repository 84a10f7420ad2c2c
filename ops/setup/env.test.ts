import { expect, test } from "bun:test";
import { join } from "node:path";

import { readOpsEnv, readServiceSettings, serviceSettings } from "./env.ts";
import { checkout } from "./home.ts";
import { upHelp } from "./options.ts";

const settings = Object.entries(serviceSettings).flatMap(([service, shapes]) =>
  Object.keys(shapes).map((name) => [service, name] as const),
);

test.each(settings)(
  "%s takes %s from its environment, and the help explains it",
  async (service, name) => {
    const folder = service === "gateway" || service === "engine" ? service : `services/${service}`;
    const text = await Bun.file(join(checkout, folder, "env.ts")).text();
    expect(text).toContain(`  ${name}: `);
    expect(upHelp).toContain(`  ${name} `);
  },
);

test("a service gets its own settings, and only those that are set", () => {
  const source = { RATE_LIMIT_READS_PER_SECOND: "7", ORDERS_IN_FLIGHT_MAX: "9", HOME: "/root" };
  expect(readServiceSettings("gateway", source)).toEqual({ RATE_LIMIT_READS_PER_SECOND: "7" });
  expect(readServiceSettings("order", source)).toEqual({ ORDERS_IN_FLIGHT_MAX: "9" });
  expect(readServiceSettings("wallet", source)).toEqual({});
});

test("a setting's file is handed on by its name", () => {
  const source = { BANK_API_KEY_FILE: "/run/secrets/bank" };
  expect(readServiceSettings("wallet", source)).toEqual(source);
});

test.each(["0", "-1", "many", "1e9", ""])("%j for a setting is refused by its name", (value) => {
  expect(() => readOpsEnv({ SOCKETS_PER_ADDRESS_MAX: value })).toThrow(
    "SOCKETS_PER_ADDRESS_MAX: must be a whole number above zero",
  );
});
