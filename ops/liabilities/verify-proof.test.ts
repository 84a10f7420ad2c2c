import { expect, test } from "bun:test";
import { join } from "node:path";

import type { LiabilityLeaf, LiabilityTree } from "@exchange/wallet/liability-tree";
import { buildLiabilityTree, NO_NODE, siblingPlaces } from "@exchange/wallet/liability-tree";
import fc from "fast-check";

import type { Proof, Proven, Roots } from "./verify-proof.ts";
import { findFaults } from "./verify-proof.ts";

const ASSET = "USD";

function leavesOf(balances: readonly bigint[]): LiabilityLeaf[] {
  return balances.map((units, index) => ({ accountId: index + 1, units, salt: `salt${index}` }));
}

function rootsOf({ root, leaves }: LiabilityTree): Roots {
  const shown = { hash: root.hash, units: String(root.units) };
  return { reportId: "1", assets: [{ asset: ASSET, leaves: leaves.length, root: shown }] };
}

function provenOf(tree: LiabilityTree, accountId: number): Proven {
  const leaf = tree.leaves.find((one) => one.accountId === accountId);
  if (leaf === undefined) throw new Error(`account ${accountId} is not in the tree`);
  const path = siblingPlaces(leaf.place, tree.leaves.length).map(({ height, place }) => {
    const { hash, units } = tree.levels[height]?.[place] ?? NO_NODE;
    return { hash, units: String(units) };
  });
  const { place, salt, units } = leaf;
  return { asset: ASSET, units: String(units), salt, place, leaves: tree.leaves.length, path };
}

function proofOf(accountId: number, proven: Proven): Proof {
  return { reportId: "1", accountId, balances: [proven] };
}

const arbitraryBalances = fc.array(fc.bigInt({ min: 1n, max: 10n ** 36n }), {
  minLength: 1,
  maxLength: 40,
});

test("every leaf of any tree leads to the root, which is the sum of all of them", () => {
  fc.assert(
    fc.property(arbitraryBalances, (balances) => {
      const tree = buildLiabilityTree(ASSET, leavesOf(balances));
      expect(tree.root.units).toBe(balances.reduce((sum, units) => sum + units, 0n));
      for (const { accountId } of tree.leaves) {
        const proof = proofOf(accountId, provenOf(tree, accountId));
        expect(findFaults(proof, rootsOf(tree))).toEqual([]);
      }
    }),
    { numRuns: 50 },
  );
});

test("a root over one balance less is not what its owner's proof leads to", () => {
  fc.assert(
    fc.property(arbitraryBalances, (balances) => {
      const leaves = leavesOf(balances);
      const proof = proofOf(1, provenOf(buildLiabilityTree(ASSET, leaves), 1));
      const without = buildLiabilityTree(ASSET, leaves.slice(1));
      expect(findFaults(proof, rootsOf(without))).not.toEqual([]);
    }),
    { numRuns: 50 },
  );
});

const tree = buildLiabilityTree(ASSET, leavesOf([5n, 7n, 11n, 13n, 17n]));
const good = provenOf(tree, 3);

test.each<readonly [string, Proven]>([
  ["a smaller balance", { ...good, units: "10" }],
  ["a negative balance", { ...good, units: "-11" }],
  ["another salt", { ...good, salt: "pepper" }],
  ["another place", { ...good, place: (good.place + 1) % good.leaves }],
  ["a place that is not in the tree", { ...good, place: good.leaves }],
  ["another number of leaves", { ...good, leaves: good.leaves + 1 }],
  ["a shorter path", { ...good, path: good.path.slice(1) }],
  ["a longer path", { ...good, path: [...good.path, { hash: NO_NODE.hash, units: "0" }] }],
  ["a sibling with a changed sum", { ...good, path: changed((units) => units - 1n) }],
  ["a sibling with a negative sum", { ...good, path: changed((units) => -units) }],
])("%s fails", (_, proven) => {
  expect(findFaults(proofOf(3, proven), rootsOf(tree))).not.toEqual([]);
});

function changed(change: (units: bigint) => bigint): Proven["path"] {
  return good.path.map((node, height) =>
    height === 0 ? { ...node, units: String(change(BigInt(node.units))) } : node,
  );
}

test("another account's balance is not mine", () => {
  expect(findFaults(proofOf(2, good), rootsOf(tree))).not.toEqual([]);
});

test("an asset without a published root, and another report, fail", () => {
  expect(findFaults(proofOf(3, good), { reportId: "1", assets: [] })).not.toEqual([]);
  expect(findFaults(proofOf(3, good), { ...rootsOf(tree), reportId: "2" })).not.toEqual([]);
});

test("a negative balance gets into no tree", () => {
  expect(() => buildLiabilityTree(ASSET, leavesOf([5n, -1n]))).toThrow("owes -1");
});

test("the verifier needs nothing of the exchange", async () => {
  const text = await Bun.file(join(import.meta.dir, "verify-proof.ts")).text();
  const targets = [...text.matchAll(/from "([^"]+)"/g)].map(([, target = ""]) => target);
  expect(targets).toEqual(["node:crypto", "node:fs"]);
});
