import { expect, it } from "vitest";
import { addressOfHost, isPublicAddress } from "../../../src/platform/network/public-address.ts";

const refused = [
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "64:ff9b::7f00:1",
  "2002:7f00:1::",
  "2001::1",
  "2001:db8::1",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "ff02::1",
  "not an address",
];

it.each(refused)("%s is no address of the internet", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

it.each([
  "8.8.8.8",
  "172.15.0.1",
  "172.32.0.1",
  "100.128.0.1",
  "2606:4700::1111",
  "2a00::1",
])("%s is one", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

it("a host in brackets is an address, and a name is none", () => {
  expect(addressOfHost("[::1]")).toBe("::1");
  expect(addressOfHost("10.0.0.1")).toBe("10.0.0.1");
  expect(addressOfHost("example.org")).toBeUndefined();
});
