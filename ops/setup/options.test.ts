import { expect, test } from "bun:test";

import { parseUpOptions } from "./options.ts";

const none = { detach: false, demo: false, standby: false, serversOnly: false, help: false };

test.each([
  [[], none],
  [["--detach"], { ...none, detach: true }],
  [["--demo", "--standby"], { ...none, demo: true, standby: true }],
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
])("%j is refused with a line that names the mistake", (args) => {
  expect(() => parseUpOptions(args)).toThrow(/does not know|--only/);
});
