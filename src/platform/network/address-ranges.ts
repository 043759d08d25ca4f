import { BlockList, isIP } from "node:net";

/** Addresses by ranges, such as those of the proxies that are believed. */
export interface AddressRanges {
  has(address: string): boolean;
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** The IPv4 address in `::ffff:192.0.2.1`, as a socket that listens for both families says it; others as they are. */
export function unmappedAddress(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  return mapped ?? address;
}

/** Ranges from `10.0.0.0/8, 192.0.2.7, fd00::/8`; undefined when one of them is none. */
export function parseAddressRanges(text: string): AddressRanges | undefined {
  const list = new BlockList();
  for (const word of text.split(",").map((part) => part.trim())) {
    const [address = "", prefix, ...rest] = word.split("/");
    const family = isIP(address);
    if (family === 0 || rest.length > 0) return undefined;
    if (prefix === undefined) {
      list.addAddress(address, familyOf(address));
      continue;
    }
    if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) return undefined;
    list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return rangesOf(list);
}

function rangesOf(list: BlockList): AddressRanges {
  return {
    has: (address) => {
      const plain = unmappedAddress(address);
      return isIP(plain) !== 0 && list.check(plain, familyOf(plain));
    },
  };
}

export const noAddresses: AddressRanges = { has: () => false };

/**
 * What one subscriber has of addresses: an IPv4 address, or the /64 of an IPv6 one, in which each machine takes as many
 * as it likes.
 */
export function subscriberOf(address: string): string {
  const plain = unmappedAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = "", tail] = (plain.split("%")[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail === undefined) return `${left.slice(0, 4).map(shortened).join(":")}::/64`;
  const right = tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0"), ...right];
  return `${groups.slice(0, 4).map(shortened).join(":")}::/64`;
}

function shortened(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/, "");
}
