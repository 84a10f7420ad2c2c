/** Settlement of every listed market, spread over the wallets by lease. Cursors make it safe, leases save work. */

import { commandLog, eventLog } from "@exchange/streams";
import type { Market, MarketId } from "@exchange/streams/contract";
import type { Lease, MarketDirectory } from "@exchange/streams/runtime";
import { assertStream, campaignForLease } from "@exchange/streams/runtime";

import type { SettlementCursor } from "./cursor.ts";
import type { MarketSettlement, SettleMarketDeps } from "./settle-market.ts";
import { settleMarket } from "./settle-market.ts";

export interface SettleMarketsDeps extends SettleMarketDeps {
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
  /** As it was last defined. */
  market: Market;
  current: MarketSettlement | undefined;
  /** Ends the wait for servers that are away, before there is a settlement to be stopped. */
  beginning: AbortController | undefined;
  /** Gains and losses of the lease take effect one after the other. */
  turns: Promise<void>;
  readonly lease: Promise<Lease>;
  ended: boolean;
}

export function settleMarkets(deps: SettleMarketsDeps): Settlements {
  const campaigns = new Map<MarketId, Campaign>();
  deps.directory.onMarket((market) => {
    const campaign = campaigns.get(market.market);
    if (campaign === undefined) campaigns.set(market.market, startCampaign(deps, market));
    else redefine(deps, campaign, market);
  });
  return {
    cursorOf: (market) => campaigns.get(market)?.current?.cursor,
    async stop() {
      await Promise.all([...campaigns.values()].map(endCampaign));
    },
  };
}

/** A definition that changed keeps its market's units, so that settlement begins anew only in another epoch. */
function redefine(deps: SettleMarketsDeps, campaign: Campaign, market: Market): void {
  const isNextEpoch = market.epoch !== campaign.market.epoch;
  campaign.market = market;
  if (!isNextEpoch) return;
  turn(deps, campaign, async () => {
    if (campaign.current === undefined) return;
    await end(campaign);
    await begin(deps, campaign);
  });
}

/** One change takes effect after the other. */
function turn(deps: SettleMarketsDeps, campaign: Campaign, change: () => Promise<void>): void {
  campaign.turns = campaign.turns.then(change).catch(deps.fail);
}

function startCampaign(deps: SettleMarketsDeps, market: Market): Campaign {
  const open = async (): Promise<Lease> => {
    await assertLogs(deps, market);
    return await campaignForLease({
      connection: deps.connection,
      key: `wallet.${market.market}`,
      owner: deps.instance,
      onGained: () => turn(deps, campaign, async () => await begin(deps, campaign)),
      onLost() {
        campaign.beginning?.abort();
        turn(deps, campaign, async () => await end(campaign));
      },
    });
  };
  const campaign: Campaign = {
    market,
    current: undefined,
    beginning: undefined,
    turns: Promise.resolve(),
    lease: open(),
    ended: false,
  };
  campaign.lease.catch(deps.fail);
  return campaign;
}

async function assertLogs({ jsm }: SettleMarketsDeps, { market, epoch }: Market): Promise<void> {
  await assertStream(jsm, eventLog(market, epoch));
  await assertStream(jsm, commandLog(market, epoch));
}

async function begin(deps: SettleMarketsDeps, campaign: Campaign): Promise<void> {
  if (campaign.ended) return;
  const beginning = new AbortController();
  campaign.beginning = beginning;
  await assertLogs(deps, campaign.market);
  const settlement = await settleMarket(deps, campaign.market, beginning.signal);
  if (settlement === undefined) return;
  campaign.current = settlement;
  settlement.closed.then(() => turn(deps, campaign, goOn), deps.fail);

  /** It came to the end of an epoch that is over: the next one is there. */
  async function goOn(): Promise<void> {
    if (campaign.current === settlement) await begin(deps, campaign);
  }
}

async function end(campaign: Campaign): Promise<void> {
  await campaign.current?.stop();
  campaign.current = undefined;
}

/** Stops first and gives the lease back then, so that the successor finds the cursor at rest. */
async function endCampaign(campaign: Campaign): Promise<void> {
  campaign.ended = true;
  campaign.beginning?.abort();
  await campaign.turns;
  await end(campaign);
  await (await campaign.lease).release();
}
