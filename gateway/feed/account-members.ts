/** Which connections listen for which account. */

import type { AccountId } from "@exchange/streams/contract";

import type { FeedSocket } from "./socket.ts";

export interface AccountMembers {
  add(accountId: AccountId, socket: FeedSocket): void;
  /** Returns whether it was the account's last one. */
  remove(accountId: AccountId, socket: FeedSocket): boolean;
  accounts(): Iterable<AccountId>;
  of(accountId: AccountId): Iterable<FeedSocket>;
  readonly size: number;
}

export function createAccountMembers(): AccountMembers {
  const members = new Map<AccountId, Set<FeedSocket>>();
  return {
    add(accountId, socket) {
      const sockets = members.get(accountId);
      if (sockets === undefined) members.set(accountId, new Set([socket]));
      else sockets.add(socket);
    },
    remove(accountId, socket) {
      const sockets = members.get(accountId);
      sockets?.delete(socket);
      return sockets?.size === 0 && members.delete(accountId);
    },
    accounts: () => members.keys(),
    of: (accountId) => members.get(accountId) ?? [],
    get size() {
      return members.size;
    },
  };
}
