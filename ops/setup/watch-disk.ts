/** Says in time that the disk fills up: what writes to a full one halts until there is room. */

import { existsSync } from "node:fs";

import { freeMbOf, type Home } from "./home.ts";

const lookEveryMs = 5_000;
const freeMbLow = 512;

export interface DiskWatch {
  stop(): void;
}

export function watchDisk(home: Home, report: (line: string) => void): DiskWatch {
  let wasLow = false;
  const timer = setInterval(() => {
    // Removed under a running exchange: others will fail more loudly.
    if (!existsSync(home.root)) return;
    const freeMb = freeMbOf(home);
    const isLow = freeMb < freeMbLow;
    if (isLow && !wasLow) {
      report(`Only ${freeMb} MB are free under ${home.root}: when nothing is, orders are refused.`);
    }
    if (!isLow && wasLow) report(`${freeMb} MB are free again under ${home.root}.`);
    wasLow = isLow;
  }, lookEveryMs);
  return { stop: () => clearInterval(timer) };
}
