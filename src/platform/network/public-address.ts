import { BlockList, isIP } from "node:net";

/** IPv4 networks without hosts on the internet (IANA's special-purpose registry), and multicast. */
const specialIpv4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Parts of 2000::/3 that are no ordinary hosts, or hold an IPv4 address that nobody checked. */
const specialIpv6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

function listOf(networks: readonly (readonly [string, number])[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}

const ipv4 = listOf(specialIpv4, "ipv4");
const ipv6 = listOf(specialIpv6, "ipv6");
const globalIpv6 = listOf([["2000::", 3]], "ipv6");

/**
 * Whether an IP address is one of the internet: not loopback, private, link-local, multicast or reserved. Of IPv6 only
 * 2000::/3 is; so an IPv4 address written as IPv6 (::ffff:, 64:ff9b::) is refused, whatever it is.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !ipv4.check(address, "ipv4");
  if (family === 6) return globalIpv6.check(address, "ipv6") && !ipv6.check(address, "ipv6");
  return false;
}

/** The address that a URL's host is, without brackets; undefined when it is a name. */
export function addressOfHost(hostname: string): string | undefined {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}
