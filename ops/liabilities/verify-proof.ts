/**
 * Checks a proof of liabilities, for whoever does not trust the exchange: it needs nothing of the exchange's code.
 *
 *     bun verify-proof.ts PROOF.json ROOTS.json
 *
 * PROOF.json is what `GET /v1/proof-of-liabilities` answered; ROOTS.json is what the exchange published for everybody
 * (`bun run exchange liabilities --json`). Compare the balances that are printed with your own at that time. That a
 * balance is in the published tree, and that no sum of the tree can be less than its leaves, is what this shows.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Whole numbers of smallest units, as text. */
interface SumNode {
  readonly hash: string;
  readonly units: string;
}

export interface Proven {
  readonly asset: string;
  readonly units: string;
  readonly salt: string;
  /** From 0, among the leaves. */
  readonly place: number;
  readonly leaves: number;
  readonly path: readonly SumNode[];
}

export interface Proof {
  readonly reportId: string;
  readonly accountId: number;
  readonly balances: readonly Proven[];
}

/** What was published for everybody. */
export interface Roots {
  readonly reportId: string;
  readonly assets: readonly Root[];
}

export interface Root {
  readonly asset: string;
  readonly leaves: number;
  readonly root: SumNode;
}

/** Why the proof does not hold; empty when it does. */
export function findFaults(proof: Proof, roots: Roots): string[] {
  if (proof.reportId !== roots.reportId) {
    return [`the proof is of report ${proof.reportId}, the roots are of ${roots.reportId}`];
  }
  return proof.balances.flatMap((balance) => {
    const root = roots.assets.find(({ asset }) => asset === balance.asset);
    if (root === undefined) return [`${balance.asset}: no root was published`];
    const fault = findFault(proof.accountId, balance, root);
    return fault === undefined ? [] : [`${balance.asset}: ${fault}`];
  });
}

function findFault(
  accountId: number,
  { asset, units, salt, place, leaves, path }: Proven,
  { leaves: publishedLeaves, root }: Root,
): string | undefined {
  if (leaves !== publishedLeaves) return "its tree has another number of leaves than was published";
  if (!Number.isSafeInteger(place) || place < 0 || place >= leaves)
    return "its place is not in the tree";
  if (path.length !== heightOf(leaves)) return "its path is not as long as the tree is high";
  if (
    [units, root.units, ...path.map((node) => node.units)].some((sum) => !/^\d{1,40}$/.test(sum))
  ) {
    return "a sum is negative or no whole number";
  }
  let hash = sha256(`leaf|${asset}|${accountId}|${salt}|${units}`);
  let sum = BigInt(units);
  let at = place;
  for (const sibling of path) {
    hash =
      at % 2 === 0
        ? sha256(`node|${hash}|${sum}|${sibling.hash}|${sibling.units}`)
        : sha256(`node|${sibling.hash}|${sibling.units}|${hash}|${sum}`);
    sum += BigInt(sibling.units);
    at = Math.floor(at / 2);
  }
  if (sum !== BigInt(root.units)) return `its path adds up to ${sum}, the root to ${root.units}`;
  return hash === root.hash ? undefined : "it does not lead to the published root";
}

function heightOf(leaves: number): number {
  let height = 0;
  for (let width = leaves; width > 1; width = Math.ceil(width / 2)) height += 1;
  return height;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

if (import.meta.main) {
  const [proofPath, rootsPath] = process.argv.slice(2);
  if (proofPath === undefined || rootsPath === undefined) {
    console.error("Usage: bun verify-proof.ts PROOF.json ROOTS.json");
    process.exit(2);
  }
  const proof: Proof = JSON.parse(readFileSync(proofPath, "utf8"));
  const roots: Roots = JSON.parse(readFileSync(rootsPath, "utf8"));
  const faults = findFaults(proof, roots);
  for (const { asset, units } of proof.balances) console.log(`${asset}: ${units} smallest units`);
  for (const fault of faults) console.error(`WRONG ${fault}`);
  console.log(faults.length === 0 ? "The proof holds." : "The proof does not hold.");
  process.exit(faults.length === 0 ? 0 : 1);
}
