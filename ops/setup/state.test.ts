import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { homeAt, prepareHome } from "./home.ts";
import { readState, type State, writeState } from "./state.ts";

const folder = mkdtempSync(join(tmpdir(), "exchange-state-"));
const home = homeAt(folder);
prepareHome(home);
afterAll(() => rmSync(folder, { recursive: true }));

const state: State = {
  phase: "ready",
  extent: "servers",
  supervisor: { pid: 1, birth: "boot:1" },
  since: "2026-01-01T00:00:00.000Z",
  ports: { nats: 20_000 },
  processes: [],
};

test("what was written is read, by its owner only", () => {
  writeState(home, state);
  expect(readState(home)).toEqual(state);
  expect(statSync(join(home.run, "state.json")).mode & 0o077).toBe(0);
  expect(statSync(home.run).mode & 0o077).toBe(0);
  expect(statSync(home.secrets).mode & 0o077).toBe(0);
});

test.each(["", "{", '{"phase":"ready"}', "\0\0\0\0"])(
  "a damaged state file (%j) reads as none",
  (text) => {
    writeFileSync(join(home.run, "state.json"), text);
    expect(readState(home)).toBeUndefined();
  },
);
