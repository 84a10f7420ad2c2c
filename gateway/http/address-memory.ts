/** What was found out about the addresses that are asked for most. */

import { LRUCache } from "lru-cache";

const ADDRESSES_MAX = 1000;
/** Far longer than one of ours has to be; whoever asks chooses paths, queries and hosts of any length. */
const LENGTH_MAX = 300;

export interface AddressMemory<Value> {
  get(address: string): Value | undefined;
  set(address: string, value: Value): void;
}

export function createAddressMemory<Value extends object>(): AddressMemory<Value> {
  const known = new LRUCache<string, Value>({ max: ADDRESSES_MAX });
  return {
    get: (address) => known.get(address),
    set(address, value) {
      if (address.length <= LENGTH_MAX) known.set(address, value);
    },
  };
}
