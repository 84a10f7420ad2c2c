/** Command lines of the operator's verbs: what is refused is refused with the verb's own help. */

import { parseArgs } from "node:util";

import { Failure } from "../setup/failure.ts";

/** The command line makes no sense: exit code 2. */
export class UsageError extends Failure {}

export interface Verb {
  /** One line for the list of verbs. */
  readonly summary: string;
  readonly help: string;
  /** Resolves with the exit code: 0 done, 1 something is wrong that the output names. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

export interface Parsed {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  /** Refuses when absent. */
  required(name: string): string;
  flag(name: string): boolean;
  /** A whole number from 1 on, or `fallback` when absent. */
  count(name: string, fallback: number): number;
}

/**
 * `--json` is known to every verb, and so are `--operator` and `--reason`, which the operators' trail keeps. `names` are the positional arguments, all of them
 * required.
 */
export function parseOptions(
  args: readonly string[],
  options: Readonly<Record<string, "string" | "boolean">>,
  names: readonly string[],
): Parsed {
  const { values, positionals } = parseStrictly(args, options);
  if (positionals.length !== names.length) {
    const wanted = names.length === 0 ? "no arguments" : names.join(" ");
    throw new UsageError(`Expected ${wanted}, got ${positionals.length} arguments.`);
  }
  function text(name: string): string | undefined {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  }
  return {
    positionals,
    text,
    required: (name) => {
      const value = text(name);
      if (value === undefined) throw new UsageError(`--${name} is missing.`);
      return value;
    },
    flag: (name) => values[name] === true,
    count: (name, fallback) => {
      const value = text(name);
      if (value === undefined) return fallback;
      if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`--${name} is not a whole number.`);
      return Number(value);
    },
  };
}

const common = { json: "boolean", operator: "string", reason: "string" } as const;

function parseStrictly(
  args: readonly string[],
  options: Readonly<Record<string, "string" | "boolean">>,
): { values: Readonly<Record<string, string | boolean | undefined>>; positionals: string[] } {
  const shapes = Object.entries({ ...common, ...options }).map(
    ([name, type]) => [name, { type }] as const,
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: Object.fromEntries(shapes),
      allowPositionals: true,
      strict: true,
    });
    return { values, positionals };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
