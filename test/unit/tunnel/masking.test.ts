import { describe, expect, it } from "vitest";
import { isLoopbackHost } from "../../../src/contracts/loopback.ts";
import { maskingFor } from "../../../src/tunnel/masking.ts";

describe("the mask of what clients send", () => {
  it.each([
    ["wss://prewarm.example.com/x", false],
    ["ws://127.0.0.1:7080/x", false],
    ["ws://[::1]:7080/x", false],
    ["ws://prewarm.example.com/x", true],
    ["ws://127.0.0.1.example.com/x", true],
  ])("on the way to %s is laid: %s", (url, isLaid) => {
    const { generateMask } = maskingFor(new URL(url));
    expect(generateMask === undefined).toBe(isLaid);
    const mask = Buffer.from("abcd");
    generateMask?.(mask);
    expect([...mask].every((byte) => byte === 0)).toBe(!isLaid);
  });
});

describe("a machine's own address", () => {
  it.each(["localhost", "LOCALHOST", "apps.localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("is %s", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    "example.com",
    "127.example.com",
    "localhost.example.com",
    "10.0.0.1",
    "0.0.0.0",
    "::",
  ])("is not %s", (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
