/** The messages of a market's private channels: each account's part of what happened, and what it has missed. */

import type { AccountId, Market, MarketEvent, Position } from "@exchange/streams/contract";
import { comparePositions, formatPosition } from "@exchange/streams/contract";

import { messageHead } from "./channel.ts";
import type { Link } from "./follow-chain.ts";
import { createHistory } from "./history.ts";
import { accountEvents } from "./order-events.ts";

/** All that happens to orders, or their fills alone. */
export type OrdersChannelName = "orders" | "fills";

export interface PrivateFrame extends Link {
  readonly events: readonly MarketEvent[];
  readonly bytes: number;
}

export interface OrderMessages {
  /** What was before is not known any more. */
  restart(at: Position): void;
  /** The account listens from now on. */
  enter(accountId: AccountId, at: Position): void;
  leave(accountId: AccountId): void;
  /** One for each account that is in and has a part in the frame. */
  updates(frame: PrivateFrame, after: Position): ReadonlyMap<AccountId, string>;
  /** `snapshot` or `resnapshot`: the position alone. */
  start(type: "snapshot" | "resnapshot", at: Position): string;
  /** For a listener who has everything up to `since`; undefined when nothing is missing. */
  missed(accountId: AccountId, since: Position, at: Position): string | undefined;
}

/** The market is asked for each time: its fee tiers change. */
export function createOrderMessages(market: () => Market, name: OrdersChannelName): OrderMessages {
  const history = createHistory<readonly MarketEvent[]>();
  /** Where the message before ended, for each account that is in. */
  const sentTo = new Map<AccountId, Position>();

  const isWanted = ({ kind }: MarketEvent): boolean =>
    name === "orders" || kind === "Trade" || kind === "TradesReversed";

  function format(type: string, at: Position, rest: object = {}): string {
    return JSON.stringify({ type, ...messageHead(market(), { channel: name }, at), ...rest });
  }

  return {
    restart(at) {
      history.restart(at);
      for (const accountId of sentTo.keys()) sentTo.set(accountId, at);
    },
    enter(accountId, at) {
      if (!sentTo.has(accountId)) sentTo.set(accountId, at);
    },
    leave: (accountId) => void sentTo.delete(accountId),
    updates({ events, to, bytes }, after) {
      const wanted = events.filter(
        (event) => isWanted(event) && comparePositions(event, after) > 0,
      );
      history.add({ from: after, to, body: wanted, bytes });
      const listed = market();
      const byAccount = Map.groupBy(
        wanted.flatMap((event) => accountEvents(listed, event, (one) => sentTo.has(one))),
        ({ accountId }) => accountId,
      );
      const texts = new Map<AccountId, string>();
      for (const [accountId, seen] of byAccount) {
        const prevSeq = formatPosition(sentTo.get(accountId) ?? after);
        sentTo.set(accountId, to);
        texts.set(
          accountId,
          format("update", to, { prevSeq, events: seen.map(({ event }) => event) }),
        );
      }
      return texts;
    },
    start: (type, at) => format(type, at),
    missed(accountId, since, at) {
      const updates = history.after(since);
      if (updates === undefined) return format("resnapshot", at);
      const listed = market();
      const events = updates
        .flatMap(({ body }) => body)
        .filter((event) => comparePositions(event, since) > 0)
        .flatMap((event) => accountEvents(listed, event, (one) => one === accountId))
        .map(({ event }) => event);
      if (events.length === 0) return undefined;
      return format("update", at, { prevSeq: formatPosition(since), events });
    },
  };
}
