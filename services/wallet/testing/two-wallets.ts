/** Two wallets over one database for all tests of a file. Their ledger must be whole in the end. */

import { afterAll, beforeAll, expect } from "bun:test";

import type { AssetId } from "@exchange/streams/contract";

import { violatedLaws } from "./ledger-laws.ts";
import type { ScratchWallet } from "./scratch-wallet.ts";
import { openScratchWallet } from "./scratch-wallet.ts";
import type { WalletClient } from "./wallet-client.ts";
import { createWalletClient } from "./wallet-client.ts";

export interface TwoWallets extends Pick<ScratchWallet, "market" | "db"> {
  readonly client: WalletClient;
  /** A new account with that much. */
  fund(asset: AssetId, amount: bigint): Promise<number>;
}

/** What it returns is there once the file's tests run. */
export function withTwoWallets(): TwoWallets {
  let opened: { readonly wallet: ScratchWallet; readonly client: WalletClient } | undefined;
  let lastAccount = 1000;

  function open() {
    if (opened === undefined) throw new Error("the wallets are opened before the first test");
    return opened;
  }

  beforeAll(async () => {
    const wallet = await openScratchWallet();
    opened = { wallet, client: createWalletClient(wallet.scratch.connection) };
    await wallet.start();
    await wallet.start();
  });
  afterAll(async () => {
    const { wallet } = open();
    const violated = await violatedLaws(wallet.db);
    await wallet.remove();
    expect(violated).toEqual([]);
    expect(wallet.failures).toEqual([]);
  });
  return {
    get market() {
      return open().wallet.market;
    },
    get db() {
      return open().wallet.db;
    },
    get client() {
      return open().client;
    },
    async fund(asset, amount) {
      lastAccount += 1;
      await open().client.deposit(lastAccount, asset, amount);
      return lastAccount;
    },
  };
}
