/** A command line of verbs: finds the one that is meant, and turns what happens into an exit code. */

import { explain } from "../setup/failure.ts";
import type { Verb } from "./options.ts";
import { UsageError } from "./options.ts";

export interface Program<Known extends Verb = Verb> {
  /** `bun run exchange`. */
  readonly name: string;
  readonly verbs: Readonly<Record<string, Known>>;
  /** What is said below the list of verbs. */
  readonly footer: string;
  /** Runs a verb, and does what belongs to each use of one. Absent: it is only run. */
  readonly around?: (use: VerbUse<Known>, run: () => Promise<number>) => Promise<number>;
}

export interface VerbUse<Known extends Verb> {
  readonly name: string;
  readonly verb: Known;
  readonly args: readonly string[];
}

/** 0 done, 1 failed or something is wrong, 2 wrong usage. */
export async function runVerbs<Known extends Verb>(
  program: Program<Known>,
  args: readonly string[],
): Promise<void> {
  try {
    process.exitCode = await run(program, args);
  } catch (error) {
    console.error(explain(error));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

async function run<Known extends Verb>(
  program: Program<Known>,
  [name, ...args]: readonly string[],
): Promise<number> {
  if (name === undefined || name === "--help" || name === "help") {
    console.log(formatHelp(program));
    return name === undefined ? 2 : 0;
  }
  const verb = program.verbs[name];
  if (verb === undefined) {
    throw new UsageError(`${program.name} does not know ${name}.\n\n${formatHelp(program)}`);
  }
  if (args.includes("--help")) {
    console.log(verb.help);
    return 0;
  }
  const { around = justRun } = program;
  try {
    return await around({ name, verb, args }, async () => await verb.run(args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message} See ${program.name} ${name} --help`, { cause: error });
  }
}

async function justRun(_: unknown, use: () => Promise<number>): Promise<number> {
  return await use();
}

function formatHelp({ name, verbs, footer }: Omit<Program, "around">): string {
  const lines = Object.entries(verbs).map(
    ([verb, { summary }]) => `  ${verb.padEnd(11)} ${summary}`,
  );
  return `Usage: ${name} VERB [options]\n\n${lines.join("\n")}\n\n${footer}`;
}
