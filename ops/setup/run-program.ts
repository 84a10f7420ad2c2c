/** Runs a program to its end and returns what it said. */

import { inheritedEnv } from "./env.ts";

const tailLines = 20;

export interface ProgramResult {
  readonly exitCode: number;
  /** stdout, then stderr. */
  readonly output: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function runProgram(
  command: readonly string[],
  { cwd, env }: ProgramOptions = {},
): Promise<ProgramResult> {
  try {
    const child = Bun.spawn([...command], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...inheritedEnv(), ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    return { exitCode, output: stdout + stderr };
  } catch (error) {
    // The program does not exist or may not be run: the shell's code for that.
    return { exitCode: 127, output: String(error) };
  }
}

/**
 * The line of an output that says what went wrong: programs go on talking after it, and a stack
 * follows an error.
 */
export function tellingLine(output: string): string {
  const lines = output
    .trimEnd()
    .split("\n")
    .filter((line) => !/^\s+at /.test(line))
    .slice(-tailLines);
  const telling = lines.findLast((line) => /error|fatal|fail|cannot|refus|unable|E: /i.test(line));
  return (telling ?? lines.at(-1) ?? "").trim();
}
