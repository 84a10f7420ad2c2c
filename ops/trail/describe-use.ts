/** Who uses a verb, from where and with what, as far as the machine and the command line tell. */

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { parseArgs } from "node:util";

import { readOpsEnv } from "../setup/env.ts";
import type { Note } from "./entry.ts";
import { Note as NoteShape } from "./entry.ts";

/** A verb of the command line, and what it was given. */
export interface Use {
  readonly verb: string;
  readonly args: readonly string[];
}

/** Options whose values nobody may read later. */
const SECRET_PATTERN = /^--[a-z-]*(?:password|secret|token|passphrase|private|code|otp)[a-z-]*/;
const WITHHELD = "[withheld]";

export function describeUse({ verb, args }: Use): Note {
  const env = readOpsEnv();
  const { operator, reason } = readNames(args);
  const osUser = machineUser();
  return NoteShape.parse({
    actionId: randomBytes(16).toString("hex"),
    phase: "intent",
    hostTimeMs: Date.now(),
    operator: operator ?? env.EXCHANGE_OPERATOR ?? osUser,
    osUser,
    host: hostname(),
    origin: [terminal(), env.SSH_CONNECTION ?? ""].filter((text) => text !== "").join(" from "),
    verb,
    arguments: withoutSecrets(args),
    reason: reason ?? "",
    exitCode: null,
    detail: "",
  });
}

/** The command line as it was, but for the values of secret options. */
export function withoutSecrets(args: readonly string[]): string[] {
  return args.map((word, index) => {
    const [name = ""] = word.split("=", 1);
    if (word.includes("=") && SECRET_PATTERN.test(name)) return `${name}=${WITHHELD}`;
    const before = args[index - 1] ?? "";
    return SECRET_PATTERN.test(before) && !before.includes("=") ? WITHHELD : word;
  });
}

/** Of any verb, also of one that refuses them. */
function readNames(args: readonly string[]): { operator?: string; reason?: string } {
  const { values } = parseArgs({
    args: [...args],
    options: { operator: { type: "string" }, reason: { type: "string" } },
    allowPositionals: true,
    strict: false,
  });
  const { operator, reason } = values;
  return {
    ...(typeof operator === "string" && operator !== "" && { operator }),
    ...(typeof reason === "string" && { reason }),
  };
}

/** Not by the environment, which anybody may set. */
function machineUser(): string {
  const uid = String(process.getuid?.());
  try {
    const users = readFileSync("/etc/passwd", "utf8").split("\n");
    const [name] = users.map((line) => line.split(":")).find(([, , id]) => id === uid) ?? [];
    return name ?? `uid ${uid}`;
  } catch {
    return `uid ${uid}`;
  }
}

/** Empty where there is none, as for a timer or a service. */
function terminal(): string {
  if (!process.stdin.isTTY) return "";
  try {
    return readlinkSync("/proc/self/fd/0");
  } catch {
    return "a terminal";
  }
}
