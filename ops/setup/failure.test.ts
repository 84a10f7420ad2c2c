import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { explain, Failure } from "./failure.ts";
import { tellingLine } from "./run-program.ts";

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

test.each(["/proc/nope", "/etc/passwd", "/etc/passwd/exchange"])(
  "a folder that cannot be made, %s, is explained in one line",
  (path) => {
    const error = failureOf(() => mkdirSync(path, { recursive: true }));
    expect(explain(error)).toMatch(/^(Cannot use|No right to use) \S+: [^\n]+\.$/);
  },
);

test("what a person can act on is said as it is, and a bug with its stack", () => {
  expect(explain(new Failure("Port 1 is taken."))).toBe("Port 1 is taken.");
  expect(explain(new Error("a bug"))).toContain("failure.test.ts");
});

test("the telling line of an output is the error, not a frame of its stack", () => {
  const output = `Starting ...
NatsError: insufficient storage resources available
    at checkJsErrorCode (/exchange/node_modules/nats/lib/jetstream/jsutil.js:197:31)
    at failAll (/exchange/a.ts:1:1)
`;
  expect(tellingLine(output)).toBe("NatsError: insufficient storage resources available");
  expect(tellingLine("")).toBe("");
});
