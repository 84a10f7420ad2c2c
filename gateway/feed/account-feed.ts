/** The balances of one account, for all of its connections. */

import type { AccountId } from "@exchange/streams/contract";
import type { BalanceChanges } from "@exchange/wallet/api";

import type { Markets } from "../deps.ts";
import { viewBalance } from "../views/money-view.ts";
import type { VersionedBalance } from "./account-balances.ts";
import { createAccountBalances } from "./account-balances.ts";
import type { BalanceReader } from "./balance-reader.ts";
import type { FeedSocket } from "./socket.ts";
import { sendText } from "./socket.ts";

export interface AccountFeed {
  join(socket: FeedSocket): void;
  /** Returns whether nobody is left. */
  leave(socket: FeedSocket): boolean;
  change(changes: BalanceChanges["changes"]): void;
  /** Reads the balances again, since changes may have been missed. */
  read(): void;
}

export interface AccountFeedOptions {
  readonly accountId: AccountId;
  readonly markets: Markets;
  readonly reader: BalanceReader;
}

/** Starts reading at once. */
export function createAccountFeed(options: AccountFeedOptions): AccountFeed {
  const { accountId, markets, reader } = options;
  const balances = createAccountBalances();
  const sockets = new Set<FeedSocket>();
  /** Those that wait for their snapshot. */
  const waiting = new Set<FeedSocket>();

  function read(): void {
    const reading = balances.startReading();
    void reader.read(accountId, (found) => {
      if (balances.finishReading(reading, found)) showAll();
    });
  }

  function showAll(): void {
    const contents = balances.contents() ?? [];
    const [first, again] = [format("snapshot", contents), format("resnapshot", contents)];
    for (const socket of sockets) sendText(socket, waiting.delete(socket) ? first : again);
  }

  read();
  return {
    read,
    join(socket) {
      sockets.add(socket);
      const contents = balances.contents();
      if (contents === undefined) waiting.add(socket);
      else sendText(socket, format("snapshot", contents));
    },
    leave(socket) {
      waiting.delete(socket);
      sockets.delete(socket);
      return sockets.size === 0;
    },
    change(changes) {
      if (changes.some(({ balance }) => markets.asset(balance.asset) === undefined)) {
        // Its asset was listed a moment ago; reading waits until that is known here.
        read();
        return;
      }
      const news = changes
        .map(({ version, balance }) => ({ ...viewBalance(markets, balance), version }))
        .filter((balance) => balances.change(balance));
      if (news.length === 0) return;
      const text = format("update", news);
      for (const socket of sockets) sendText(socket, text);
    },
  };
}

function format(type: string, balances: readonly VersionedBalance[]): string {
  return JSON.stringify({ type, channel: "balances", balances });
}
