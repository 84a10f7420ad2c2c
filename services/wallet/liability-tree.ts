/**
 * A Merkle tree whose nodes carry sums: each commits to both hashes and both sums below it, so that no sum can be smaller
 * than what its leaves add up to. Pure. `ops/liabilities/verify-proof.ts` checks a path without this code, and both
 * must agree byte for byte.
 */

import { createHash } from "node:crypto";

import type { AccountId, AssetId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

export interface LiabilityLeaf {
  readonly accountId: AccountId;
  readonly units: bigint;
  /** Random, and only the account's owner gets to see it: without it nobody can try balances against hashes. */
  readonly salt: string;
}

export interface SumNode {
  readonly hash: string;
  readonly units: bigint;
}

/** Stands beside a node that has no neighbour. */
export const NO_NODE: SumNode = { hash: "0".repeat(64), units: 0n };

export interface PlacedLeaf extends LiabilityLeaf {
  /** From 0, in the order of the hashes, which says nothing of the accounts. */
  readonly place: number;
}

export interface LiabilityTree {
  readonly asset: AssetId;
  readonly leaves: readonly PlacedLeaf[];
  /** From the leaves to the root. */
  readonly levels: readonly (readonly SumNode[])[];
  readonly root: SumNode;
}

/** Throws on a negative balance: it would hide somebody else's. */
export function buildLiabilityTree(
  asset: AssetId,
  leaves: readonly LiabilityLeaf[],
): LiabilityTree {
  const hashed = leaves
    .map((leaf) => ({ leaf, node: leafNode(asset, leaf) }))
    .toSorted((left, right) => (left.node.hash < right.node.hash ? -1 : 1));
  const levels: (readonly SumNode[])[] = [hashed.map(({ node }) => node)];
  for (let below = levels[0] ?? []; below.length > 1;) {
    below = pairsOf(below);
    levels.push(below);
  }
  return {
    asset,
    leaves: hashed.map(({ leaf }, place) => ({ ...leaf, place })),
    levels,
    root: levels.at(-1)?.[0] ?? NO_NODE,
  };
}

function pairsOf(nodes: readonly SumNode[]): SumNode[] {
  const above: SumNode[] = [];
  for (let place = 0; place < nodes.length; place += 2) {
    above.push(parentOf(nodes[place] ?? NO_NODE, nodes[place + 1] ?? NO_NODE));
  }
  return above;
}

function leafNode(asset: AssetId, { accountId, units, salt }: LiabilityLeaf): SumNode {
  assert(units >= 0n, `account ${accountId} owes ${units} of ${asset}`);
  return { hash: sha256(`leaf|${asset}|${accountId}|${salt}|${units}`), units };
}

function parentOf(left: SumNode, right: SumNode): SumNode {
  return {
    hash: sha256(`node|${left.hash}|${left.units}|${right.hash}|${right.units}`),
    units: left.units + right.units,
  };
}

/** The other node below each parent on the way to the root, by height. */
export function siblingPlaces(place: number, leaves: number): { height: number; place: number }[] {
  const siblings: { height: number; place: number }[] = [];
  let at = place;
  for (let width = leaves, height = 0; width > 1; width = Math.ceil(width / 2), height += 1) {
    siblings.push({ height, place: at % 2 === 0 ? at + 1 : at - 1 });
    at = Math.floor(at / 2);
  }
  return siblings;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
