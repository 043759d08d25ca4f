import { expect, test } from "vitest";
import { peerUrl } from "../../../src/main/peer-url.ts";

const machine = "rack-2";

test("other servers reach a server at the address that it listens on", () => {
  const listenUrl = "http://10.0.0.7:7080";
  expect(peerUrl({ option: undefined, listenUrl, listenHost: "10.0.0.7", machine })).toBe(listenUrl);
});

test.each([
  "0.0.0.0",
  "::",
])("one that listens on every address (%s) is reached by its machine's name", (listenHost) => {
  const listenUrl = "http://127.0.0.1:7080";
  expect(peerUrl({ option: undefined, listenUrl, listenHost, machine })).toBe("http://rack-2:7080");
});

test("what the option says counts, whatever it listens on", () => {
  const option = "https://one.prewarm.example";
  expect(peerUrl({ option, listenUrl: "http://127.0.0.1:7080", listenHost: "0.0.0.0", machine })).toBe(option);
});
