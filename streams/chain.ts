/** The running hash of a market's events: what two engines, and the audit, must agree on. */

import { SHA256 } from "bun";

import type { MarketId } from "./contract/index.ts";

/** 32 bytes of SHA-256. */
export type ChainHash = Uint8Array;

/** Where an epoch's hash starts. */
export function genesisHash(market: MarketId, epoch: number): ChainHash {
  return digest(new Uint8Array(0), `${market}:${epoch}`);
}

/** `text` is the JSON of a command or of an event, exactly as `JSON.stringify` writes the decoded value. */
export function chainHash(previous: ChainHash, text: string): ChainHash {
  return digest(previous, text);
}

export function formatHash(hash: ChainHash): string {
  return Buffer.from(hash).toString("hex");
}

export function parseHash(text: string): ChainHash {
  return new Uint8Array(Buffer.from(text, "hex"));
}

function digest(previous: Uint8Array, text: string): ChainHash {
  // Half the time of a CryptoHasher, and it runs once an event.
  const hash = new Uint8Array(SHA256.byteLength);
  new SHA256().update(previous).update(text).digest(hash);
  return hash;
}
