/** Whether a book knows all of SEMANTICS.md, so that tests follow the book and not the other way round. */

import type { BookFactory } from "../core/index.ts";
import { eventsOf } from "./differential.ts";

export function knowsEverything(create: BookFactory): boolean {
  const command = { kind: "SetMarketRules", rules: {}, definitionVersion: 2 } as const;
  const [event] = eventsOf(create(), { command, position: 1, timeMs: 1, foreignEpoch: false });
  return event?.kind === "MarketRulesChanged";
}
