import { expect, test } from "bun:test";

import { parseUpOptions } from "./options.ts";

const none = {
  detach: false,
  demo: false,
  standby: false,
  edge: false,
  serversOnly: false,
  help: false,
};

test.each([
  [[], none],
  [["--detach"], { ...none, detach: true }],
  [["--demo", "--standby", "--edge"], { ...none, demo: true, standby: true, edge: true }],
  [["--only", "servers", "--detach"], { ...none, serversOnly: true, detach: true }],
])("%j is understood", (args, expected) => {
  expect(parseUpOptions(args)).toEqual(expected);
});

test.each([
  [["--deatch"]],
  [["up"]],
  [["--only"]],
  [["--only", "wallet"]],
  [["--only", "servers", "--demo"]],
  [["--only", "servers", "--edge"]],
])("%j is refused with a line that names the mistake", (args) => {
  expect(() => parseUpOptions(args)).toThrow(/does not know|--only/);
});
