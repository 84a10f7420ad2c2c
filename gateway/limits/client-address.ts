/** Where a request comes from, also behind proxies that are known to be there. */

/** Longest text of an address. */
const ADDRESS_LENGTH_MAX = 45;
const ADDRESS_PATTERN = /^[0-9A-Fa-f:.]+$/;

/**
 * `hops` proxies stand in front, and each adds whom it heard to the end of `X-Forwarded-For`: what
 * stands further to the left anybody may have written. Without proxies the header means nothing.
 */
export function clientAddressOf(headers: Headers, peerAddress: string, hops: number): string {
  if (hops === 0) return peerAddress;
  const forwarded = headers.get("x-forwarded-for")?.split(",") ?? [];
  const address = forwarded.at(-hops)?.trim() ?? "";
  return address.length <= ADDRESS_LENGTH_MAX && ADDRESS_PATTERN.test(address)
    ? address
    : peerAddress;
}
