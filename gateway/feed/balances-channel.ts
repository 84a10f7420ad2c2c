/** The private channel of balances: what an account has, then each change of it. */

import { decodeJson, subject } from "@exchange/streams";
import type { AccountId } from "@exchange/streams/contract";
import { onReconnect } from "@exchange/streams/runtime";
import type { BalanceChanges } from "@exchange/wallet/api";

import type { AccountFeed } from "./account-feed.ts";
import { createAccountFeed } from "./account-feed.ts";
import type { BalanceReaderOptions } from "./balance-reader.ts";
import { createBalanceReader } from "./balance-reader.ts";
import type { Channel } from "./channel.ts";
import { versionsOf } from "./channel.ts";

export function createBalancesChannel(options: BalanceReaderOptions): Channel {
  const { connection, markets } = options;
  const reader = createBalanceReader(options);
  const accounts = new Map<AccountId, AccountFeed>();

  // Subscribed before anything is read, so that nothing falls between the two.
  const subscription = connection.subscribe(subject.balanceChanges, {
    callback: (error, message) => {
      if (error !== null || accounts.size === 0) return;
      const { changes } = decodeJson<BalanceChanges>(message.data);
      for (const [accountId, group] of Map.groupBy(changes, (change) => change.accountId)) {
        accounts.get(accountId)?.change(group);
      }
    },
  });
  const stopListening = onReconnect(connection, () => {
    for (const account of accounts.values()) account.read();
  });

  return {
    join(socket, since) {
      const accountId = socket.data.identity?.accountId;
      if (accountId === undefined) return;
      let account = accounts.get(accountId);
      if (account === undefined) {
        account = createAccountFeed({ accountId, markets, reader });
        accounts.set(accountId, account);
      }
      account.join(socket, versionsOf(since));
    },
    leave(socket) {
      const accountId = socket.data.identity?.accountId;
      if (accountId === undefined) return;
      if (accounts.get(accountId)?.leave(socket) === true) accounts.delete(accountId);
    },
    get isIdle() {
      return accounts.size === 0;
    },
    stop() {
      reader.stop();
      stopListening();
      subscription.unsubscribe();
    },
  };
}
