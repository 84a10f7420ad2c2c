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

/**
 * Runs for every command and every event, so it is one call into the library where a `SHA256` object takes four and
 * gives the collector something to do: the previous hash and the text stand in one place, and the view of each
 * length is kept.
 */
const TEXT_CHARACTERS_MAX = 1024;
/** A character is three bytes at most. */
const scratch = new Uint8Array(SHA256.byteLength + 3 * TEXT_CHARACTERS_MAX);
const scratchText = scratch.subarray(SHA256.byteLength);
const views: Uint8Array[] = [];
const encoder = new TextEncoder();

function digest(previous: Uint8Array, text: string): ChainHash {
  const hash = new Uint8Array(SHA256.byteLength);
  if (text.length > TEXT_CHARACTERS_MAX || previous.length !== SHA256.byteLength) {
    new SHA256().update(previous).update(text).digest(hash);
    return hash;
  }
  scratch.set(previous);
  const { written } = encoder.encodeInto(text, scratchText);
  views[written] ??= scratch.subarray(0, SHA256.byteLength + written);
  SHA256.hash(views[written], hash);
  return hash;
}
