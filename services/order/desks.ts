/** The markets this process serves, opened and changed as they are listed and changed. */

import type { Market, MarketId } from "@exchange/streams/contract";
import type { MarketDirectory } from "@exchange/streams/runtime";

import type { DeskDeps, OpenDesk } from "./open-desk.ts";
import { openDesk } from "./open-desk.ts";

export interface OpenDesks {
  /** The markets whose projection waits for the database. */
  failing(): readonly MarketId[];
  close(): Promise<void>;
}

/** Resolves when every market listed now is open. A market that cannot be opened ends the process. */
export async function openDesks(
  deps: DeskDeps,
  directory: MarketDirectory,
  desks: Map<MarketId, OpenDesk>,
): Promise<OpenDesks> {
  const { fail } = deps.context;
  /** One change after the other a market. */
  const changing = new Map<MarketId, Promise<void>>();
  let closing = false;

  async function change(market: Market): Promise<void> {
    const open = desks.get(market.market);
    if (open !== undefined) await open.redefine(market);
    else if (!closing) desks.set(market.market, await openDesk(deps, market));
  }

  directory.onMarket((market) => {
    const before = changing.get(market.market) ?? Promise.resolve();
    changing.set(market.market, before.then(() => change(market)).catch(fail));
  });
  await Promise.all(changing.values());
  return {
    failing: () => [...desks.values()].filter((desk) => desk.failing).map((d) => d.market.market),
    async close() {
      closing = true;
      await Promise.all(changing.values());
      await Promise.all([...desks.values()].map((desk) => desk.close()));
    },
  };
}
