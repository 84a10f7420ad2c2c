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

/** By asset. */
export type Versions = ReadonlyMap<string, number>;

export interface AccountFeed {
  /** Sends all balances, or those with a later version than `since` has. */
  join(socket: FeedSocket, since?: Versions): void;
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
  /** Those that wait until the balances are read, with what they have. */
  const waiting = new Map<FeedSocket, Versions | undefined>();

  function read(): void {
    const reading = balances.startReading();
    void reader.read(accountId, (found) => {
      if (balances.finishReading(reading, found)) showAll();
    });
  }

  function showAll(): void {
    const contents = balances.contents() ?? [];
    const again = format("resnapshot", contents);
    for (const socket of sockets) {
      if (waiting.has(socket)) admit(socket, contents, waiting.get(socket));
      else sendText(socket, again);
    }
    waiting.clear();
  }

  function admit(
    socket: FeedSocket,
    contents: readonly VersionedBalance[],
    since: Versions | undefined,
  ): void {
    if (since === undefined) return sendText(socket, format("snapshot", contents));
    const later = contents.filter(({ asset, version }) => version > (since.get(asset) ?? 0));
    if (later.length > 0) sendText(socket, format("update", later));
  }

  read();
  return {
    read,
    join(socket, since) {
      sockets.add(socket);
      const contents = balances.contents();
      if (contents === undefined) waiting.set(socket, since);
      else admit(socket, contents, since);
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
