/** Who serves which market: the same answer in every process that knows the same members. Pure. */

/** One that acts and one that stands by. */
export const COPIES = 2;

/**
 * Members in the order in which a market falls to them (rendezvous hashing): when one joins or
 * leaves, only the markets that it gets or had change hands.
 */
export function rankMembers(market: string, members: Iterable<string>): string[] {
  return [...members]
    .map((member) => ({ member, weight: Bun.hash.xxHash64(`${market} ${member}`) }))
    .toSorted(
      (left, right) =>
        Number(right.weight > left.weight) - Number(right.weight < left.weight) ||
        left.member.localeCompare(right.member),
    )
    .map(({ member }) => member);
}
