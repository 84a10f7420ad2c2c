/** The running hash of a market's events: what two engines, and the audit, must agree on. */

import type { MarketId } from "./contract/index.ts";
import { assert } from "./contract/index.ts";

/** 32 bytes of SHA-256. */
export type ChainHash = Uint8Array;

// Bun is asked for where it is used: the names beside this are also for programs that run elsewhere.
const HASH_BYTES = 32;

/** Where an epoch's hash starts. */
export function genesisHash(market: MarketId, epoch: number): ChainHash {
  const hash = new Uint8Array(HASH_BYTES);
  new Bun.SHA256().update(`${market}:${epoch}`).digest(hash);
  return hash;
}

export function formatHash(hash: ChainHash): string {
  return Buffer.from(hash).toString("hex");
}

export function parseHash(text: string): ChainHash {
  return new Uint8Array(Buffer.from(text, "hex"));
}

const FLOAT_BYTES = Float64Array.BYTES_PER_ELEMENT;
const HASH_FLOATS = HASH_BYTES / FLOAT_BYTES;
/** A longer one is hashed bit by bit. */
const LONG_BYTES = 64 * 1024;
const RECORD_AT = (HASH_FLOATS + 1) * FLOAT_BYTES;

/**
 * One record's part of the chain: the hash before it, the engine's time, the record as it stands in the log, filled
 * up with zeros to a multiple of eight bytes, and then what its commands led to, as doubles in the order
 * of bytes that all machines have which this runs on. The running hash at an event is SHA-256 of all
 * that up to the event's end: worked out where somebody asks for it, as at the end of a frame.
 */
export class ChainLink {
  #floats: Float64Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer>;
  #end = 0;
  /** Where each event ends. */
  readonly #ends: number[] = [];
  /** What was asked for last. */
  #hashedPlace = -1;
  #hashed: ChainHash = new Uint8Array(0);
  #hasher: Bun.CryptoHasher | undefined;
  #hasherEnd = 0;

  /** `bytesAtFirst`: what it has room for before it grows. */
  constructor(bytesAtFirst: number) {
    this.#floats = new Float64Array(Math.ceil((RECORD_AT + bytesAtFirst) / FLOAT_BYTES));
    this.#bytes = new Uint8Array(this.#floats.buffer);
  }

  /** Whatever the link held is forgotten. */
  start(previous: ChainHash, timeMs: number, record: Uint8Array): void {
    const recordFloats = Math.ceil(record.length / FLOAT_BYTES);
    this.#end = HASH_FLOATS + 1 + recordFloats;
    this.#ends.length = 0;
    this.#hashedPlace = -1;
    this.#hasher = undefined;
    this.#makeRoom();
    this.#bytes.set(previous);
    this.#floats[HASH_FLOATS] = timeMs;
    // The last bytes of the record's last float are not all the record's.
    this.#floats[this.#end - 1] = 0;
    this.#bytes.set(record, RECORD_AT);
  }

  write(value: number): void {
    if (this.#end === this.#floats.length) this.#makeRoom();
    // There is one zero: a negative one has other bytes.
    this.#floats[this.#end] = value + 0;
    this.#end += 1;
  }

  endEvent(): void {
    this.#ends.push(this.#end);
  }

  /** Events so far. */
  get events(): number {
    return this.#ends.length;
  }

  /** The running hash at an event, by its place among those of the record. */
  hashAt(place: number): ChainHash {
    const end = this.#ends[place];
    assert(end !== undefined, "a link has the event that is asked for");
    if (place === this.#hashedPlace) return this.#hashed;
    this.#hashed = this.#digest(end * FLOAT_BYTES);
    this.#hashedPlace = place;
    return this.#hashed;
  }

  #digest(end: number): ChainHash {
    if (end <= LONG_BYTES) {
      const hash = new Uint8Array(HASH_BYTES);
      Bun.SHA256.hash(this.#bytes.subarray(0, end), hash);
      return hash;
    }
    // The many frames of a long one are asked for in order, and none of them begins again at its start.
    if (this.#hasher === undefined || end < this.#hasherEnd) {
      this.#hasher = new Bun.CryptoHasher("sha256");
      this.#hasherEnd = 0;
    }
    this.#hasher.update(this.#bytes.subarray(this.#hasherEnd, end));
    this.#hasherEnd = end;
    return this.#hasher.copy().digest();
  }

  #makeRoom(): void {
    if (this.#end < this.#floats.length) return;
    const floats = new Float64Array(this.#end * 2);
    floats.set(this.#floats);
    this.#floats = floats;
    this.#bytes = new Uint8Array(floats.buffer);
  }
}
