/**
 * A 64-bit hash of numbers, for comparing books. Two lanes of 32 bits, each FNV-1a over words with its
 * own multiplier, and an avalanche at the end. It finds bugs, not forgeries: the cryptographic chain is
 * the shell's.
 */

const TWO_POW_32 = 2 ** 32;

export class StateHash {
  #left = 0x811c9dc5;
  #right = 0x9747b28c;

  /** A safe integer, with all of its 53 bits. */
  add(value: number): void {
    this.#addWord(value | 0);
    this.#addWord(Math.floor(value / TWO_POW_32) | 0);
  }

  /** 16 hex digits. */
  digest(): string {
    return hex(avalanche(this.#left)) + hex(avalanche(this.#right ^ this.#left));
  }

  #addWord(word: number): void {
    const left = Math.imul(this.#left ^ word, 0x01000193);
    this.#left = left ^ (left >>> 15);
    const right = Math.imul(this.#right ^ word, 0x85ebca6b);
    this.#right = right ^ (right >>> 13);
  }
}

function avalanche(word: number): number {
  const first = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  const second = Math.imul(first ^ (first >>> 15), 0x846ca68b);
  return second ^ (second >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
