/** The operator's command line as its own process, against the exchange that EXCHANGE_HOME names. */

import { join } from "node:path";

import { inheritedEnv } from "../../setup/env.ts";

const main = join(import.meta.dir, "../main.ts");

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runExchange(...args: readonly string[]): Promise<Ran> {
  return await runExchangeWith({}, ...args);
}

/** With these variables, too. */
export async function runExchangeWith(
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ran> {
  const child = Bun.spawn([process.execPath, "--no-env-file", main, ...args], {
    env: { ...inheritedEnv(), ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, stdout, stderr };
}

/** Throws with what it printed unless it ended well. */
export async function expectExchange(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runExchange(...args);
  if (exitCode !== 0) throw new Error(`exchange ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

export interface AtTerminal {
  /** Until now. */
  readonly printed: () => string;
  readonly type: (text: string) => void;
  readonly exited: Promise<number>;
}

/** As an operator runs it, who is asked before something is done. */
export function startExchangeAtTerminal(...args: readonly string[]): AtTerminal {
  let printed = "";
  const child = Bun.spawn([process.execPath, "--no-env-file", main, ...args], {
    env: inheritedEnv(),
    terminal: {
      data(_, bytes) {
        printed += new TextDecoder().decode(bytes);
      },
    },
  });
  return {
    printed: () => printed,
    type: (text) => child.terminal?.write(text),
    exited: child.exited,
  };
}
