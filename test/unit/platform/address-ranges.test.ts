import { expect, test } from "vitest";
import { parseAddressRanges, subscriberOf } from "../../../src/platform/network/address-ranges.ts";

test.each([
  "",
  "10.0.0.0/33",
  "10.0.0.0/8/8",
  "host",
  "10.0.0.0/8,",
  "fd00::/129",
  "10.0.0/8",
  "10.0.0.0/-1",
])("%j is no list of addresses", (text) => expect(parseAddressRanges(text)).toBeUndefined());

test("an address is in its range, also where a socket maps it", () => {
  const ranges = parseAddressRanges("10.0.0.0/8, 192.0.2.7,fd00::/8");
  const has = (address: string): boolean => ranges?.has(address) === true;
  expect(["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "fd12::1"].map(has)).toEqual([true, true, true, true]);
  expect(["11.0.0.1", "192.0.2.8", "fe80::1", "unknown", ""].map(has)).toEqual([false, false, false, false, false]);
});

test("machines of one IPv6 subscriber are one, and IPv4 addresses each their own", () => {
  const key = "2001:db8:0:1::/64";
  expect(["2001:db8:0:1::5", "2001:0DB8:0000:0001:ffff::9", "2001:db8:0:1:a:b:c:d"].map(subscriberOf)).toEqual([
    key,
    key,
    key,
  ]);
  expect(subscriberOf("2001:db8:0:2::5")).not.toBe(key);
  expect(subscriberOf("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(subscriberOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  expect(subscriberOf("::1")).toBe("0:0:0:0::/64");
});
