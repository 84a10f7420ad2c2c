/** One identity process on a database of its own, for all tests of a file. */

import { afterAll, beforeAll } from "bun:test";

import type { Endpoint, Reply, RunningProcess } from "@exchange/streams/runtime";

import { askIdentity } from "./identity-client.ts";
import { openScratchIdentity, type ScratchIdentity } from "./scratch-identity.ts";

export interface UsedIdentity {
  /** Only within a test. */
  readonly scratch: ScratchIdentity;
  readonly ask: <Request, Value>(
    endpoint: Endpoint<Request, Value>,
    body: Request,
  ) => Promise<Reply<Value>>;
}

export function useIdentity(): UsedIdentity {
  let used: ScratchIdentity | undefined;
  let identity: RunningProcess | undefined;

  function scratch(): ScratchIdentity {
    if (used === undefined) throw new Error("it is there once the tests begin");
    return used;
  }

  beforeAll(async () => {
    used = await openScratchIdentity();
    identity = await used.start();
  });
  afterAll(async () => {
    await identity?.stop();
    await used?.remove();
  });
  return {
    get scratch() {
      return scratch();
    },
    ask: async (endpoint, body) => await askIdentity(scratch().connection, endpoint, body),
  };
}
