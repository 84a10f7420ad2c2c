/** The takeover tests, as often as `ops/test` has the time for and as often as `--full` does. */

import { expect, test } from "bun:test";

import { usePrivateNats } from "./private-nats.ts";
import { runTakeovers } from "./takeovers.ts";

const TAKEOVER_LIMIT_MS = 2000;
/** Engines that start and catch up on a busy machine included. */
const ROUND_LIMIT_MS = 20_000;
const START_LIMIT_MS = 60_000;

export function testTakeovers(rounds: number): void {
  const server = usePrivateNats();

  for (const removal of ["kill -9", "pause"] as const) {
    test(
      `${removal} of the active engine under load, ${rounds} times: a standby goes on within two seconds, nothing is lost`,
      async () => {
        const result = await runTakeovers(server(), removal, rounds);
        expect(result.commandsVerified).toBe(result.commandsSent);
        expect(result.gapsMs).toHaveLength(rounds);
        expect(result.gapsMs.filter((gapMs) => gapMs > TAKEOVER_LIMIT_MS)).toEqual([]);
      },
      START_LIMIT_MS + rounds * ROUND_LIMIT_MS,
    );
  }
}
