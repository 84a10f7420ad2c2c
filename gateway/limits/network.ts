/** The part of an address that one client cannot change at will. */

const HEXTETS = 8;
const NETWORK_HEXTETS = 4;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** IPv4: the address. IPv6: its /64, since a single host has that many addresses. */
export function networkOf(address: string): string {
  const mapped = MAPPED_IPV4.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: HEXTETS - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].slice(0, NETWORK_HEXTETS).join(":");
}
