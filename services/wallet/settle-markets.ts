/** Settlement of every listed market, spread over the wallets by lease. Cursors make it safe, leases save work. */

import { commandLog, eventLog } from "@exchange/streams";
import type { Market, MarketId } from "@exchange/streams/contract";
import type { Lease, MarketDirectory } from "@exchange/streams/runtime";
import { assertStream, campaignForLease } from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import type { SettlementCursor } from "./cursor.ts";
import type { MarketSettlement, SettleMarketDeps } from "./settle-market.ts";
import { settleMarket } from "./settle-market.ts";

export interface SettleMarketsDeps extends SettleMarketDeps {
  readonly jsm: JetStreamManager;
  readonly instance: string;
  readonly directory: MarketDirectory;
  /** Called when a market must not go on. */
  readonly fail: (error: unknown) => void;
}

export interface Settlements {
  /** What is settled, where this wallet settles the market. */
  cursorOf(market: MarketId): SettlementCursor | undefined;
  stop(): Promise<void>;
}

interface Campaign {
  current: MarketSettlement | undefined;
  /** Gains and losses of the lease take effect one after the other. */
  turns: Promise<void>;
  readonly lease: Promise<Lease>;
  ended: boolean;
}

export function settleMarkets(deps: SettleMarketsDeps): Settlements {
  const campaigns = new Map<MarketId, Campaign>();
  deps.directory.onMarket((market) => {
    // A definition that changed keeps its market's units, the only part that settlement uses.
    if (!campaigns.has(market.market)) campaigns.set(market.market, startCampaign(deps, market));
  });
  return {
    cursorOf: (market) => campaigns.get(market)?.current?.cursor,
    async stop() {
      await Promise.all([...campaigns.values()].map(endCampaign));
    },
  };
}

function startCampaign(deps: SettleMarketsDeps, market: Market): Campaign {
  const turn = (change: () => Promise<void>): void => {
    campaign.turns = campaign.turns.then(change).catch(deps.fail);
  };
  const open = async (): Promise<Lease> => {
    await assertStream(deps.jsm, eventLog(market.market, market.epoch));
    await assertStream(deps.jsm, commandLog(market.market, market.epoch));
    return await campaignForLease({
      connection: deps.connection,
      key: `wallet.${market.market}`,
      owner: deps.instance,
      onGained: () => turn(async () => await begin(deps, market, campaign)),
      onLost: () => turn(async () => await end(campaign)),
    });
  };
  const campaign: Campaign = {
    current: undefined,
    turns: Promise.resolve(),
    lease: open(),
    ended: false,
  };
  campaign.lease.catch(deps.fail);
  return campaign;
}

async function begin(deps: SettleMarketsDeps, market: Market, campaign: Campaign): Promise<void> {
  if (campaign.ended) return;
  const settlement = await settleMarket(deps, market);
  campaign.current = settlement;
  settlement.closed.catch(deps.fail);
}

async function end(campaign: Campaign): Promise<void> {
  await campaign.current?.stop();
  campaign.current = undefined;
}

/** Stops first and gives the lease back then, so that the successor finds the cursor at rest. */
async function endCampaign(campaign: Campaign): Promise<void> {
  campaign.ended = true;
  await campaign.turns;
  await end(campaign);
  await (await campaign.lease).release();
}
