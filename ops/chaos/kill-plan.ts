/** Who is killed when: a plan that looks random and comes again with the same seed. */

import type { Random } from "../bench/random.ts";
import { randomBetween } from "../bench/random.ts";

/** Every kind of process there is, by the name the supervisor gives it. */
export const victims = [
  "gateway",
  "identity",
  "order",
  "wallet",
  "market",
  "engine-1",
  "nats-server",
  "mysql",
  "redis",
] as const;

export type Victim = (typeof victims)[number];

export interface Kill {
  readonly victim: Victim;
  /** After the kill before. */
  readonly delayMs: number;
}

export interface KillPlanOptions {
  /** Of each victim. */
  readonly kills: number;
  readonly delayMs: { readonly least: number; readonly most: number };
  readonly random: Random;
}

export function planKills({ kills, delayMs, random }: KillPlanOptions): Kill[] {
  const order = Array.from({ length: kills }, () => victims).flat();
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = randomBetween(random, 0, last);
    const [one, two] = [order[last], order[other]];
    if (one === undefined || two === undefined) continue;
    order[last] = two;
    order[other] = one;
  }
  return order.map((victim) => ({
    victim,
    delayMs: randomBetween(random, delayMs.least, delayMs.most),
  }));
}
