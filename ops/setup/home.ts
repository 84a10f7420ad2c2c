/** Where one exchange keeps what it writes. Everything below belongs to it alone. */

import { chmodSync, mkdirSync, statfsSync } from "node:fs";
import { join, resolve } from "node:path";

import { readOpsEnv } from "./env.ts";
import { Failure } from "./failure.ts";

export const checkout = resolve(import.meta.dir, "../..");
export const toolsFolder = join(checkout, ".exchange/tools");

const freeMbMin = 1024;

export interface Home {
  readonly root: string;
  /** Server data: what must survive. */
  readonly data: string;
  readonly logs: string;
  /** State, addresses and generated configurations of the current run. */
  readonly run: string;
  readonly secrets: string;
}

export function homeAt(root: string): Home {
  return {
    root,
    data: join(root, "data"),
    logs: join(root, "logs"),
    run: join(root, "run"),
    secrets: join(root, "secrets"),
  };
}

/** The exchange that this checkout's commands speak about. */
export function defaultHome(): Home {
  return homeAt(resolve(checkout, readOpsEnv().EXCHANGE_HOME ?? ".exchange"));
}

/** Creates the folders, readable by their owner only, and refuses a disk that is all but full. */
export function prepareHome(home: Home): void {
  for (const folder of [home.root, home.data, home.logs, home.run, home.secrets]) {
    mkdirSync(folder, { recursive: true });
  }
  chmodSync(home.secrets, 0o700);
  chmodSync(home.run, 0o700);
  const freeMb = freeMbOf(home);
  if (freeMb < freeMbMin) {
    throw new Failure(
      `Only ${freeMb} MB are free under ${home.root}; the exchange needs ${freeMbMin} MB.`,
    );
  }
}

/** What an ordinary user may still write there. */
export function freeMbOf({ root }: Home): number {
  const { bavail, bsize } = statfsSync(root);
  return Math.floor((bavail * bsize) / 1024 / 1024);
}
