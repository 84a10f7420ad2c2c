/** A standby takes over within two seconds, whatever became of the active engine, and the log does not notice. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import type { PrivateNats } from "./testing/private-nats.ts";
import { openPrivateNats } from "./testing/private-nats.ts";
import { runTakeovers } from "./testing/takeovers.ts";

const ROUNDS = 5;
const TAKEOVER_LIMIT_MS = 2000;
const TIMEOUT_MS = 180_000;

let server: PrivateNats;

beforeAll(async () => {
  server = await openPrivateNats();
});
afterAll(async () => {
  await server.remove();
});

for (const removal of ["kill -9", "pause"] as const) {
  test(
    `${removal} of the active engine under load, ${ROUNDS} times: a standby goes on within two seconds, nothing is lost`,
    async () => {
      const { gapsMs, commandsSent, commandsVerified } = await runTakeovers(
        server,
        removal,
        ROUNDS,
      );
      expect(commandsVerified).toBe(commandsSent);
      expect(gapsMs).toHaveLength(ROUNDS);
      expect(Math.max(...gapsMs)).toBeLessThanOrEqual(TAKEOVER_LIMIT_MS);
    },
    TIMEOUT_MS,
  );
}
