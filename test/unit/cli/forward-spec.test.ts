import { expect, test } from "vitest";
import { parseForward } from "../../../src/cli/tunnel/forward-spec.ts";

test.each([
  ["3000", [[3000, 3000]]],
  ["8080:80", [[8080, 80]]],
  [
    "3000-3002",
    [
      [3000, 3000],
      [3001, 3001],
      [3002, 3002],
    ],
  ],
  [
    "9000-9001:3000-3001",
    [
      [9000, 3000],
      [9001, 3001],
    ],
  ],
])("%s is a way from each local port to one of the workspace", (word, expected) => {
  expect(parseForward(word)).toEqual(expected.map(([localPort, remote]) => ({ localPort, remote })));
});

test.each([
  ["unix:/run/app.sock", 0, "/run/app.sock"],
  ["8080:unix:~/my app.sock", 8080, "~/my app.sock"],
])("%s is a way to a socket of the workspace", (word, localPort, remote) => {
  expect(parseForward(word)).toEqual([{ localPort, remote }]);
});

test.each([
  "unix:",
  "unix:run/app.sock",
  "a:unix:/x",
  "1-2:unix:/x",
  ":unix:/x",
  `unix:/${"x".repeat(300)}`,
])("%j leads to no socket, and is refused with a sentence", (word) => {
  expect(parseForward(word)).toMatch(/^".*" (is not|names no socket)/);
});

test.each([
  "",
  "0",
  "65536",
  "3000:",
  ":3000",
  "1:2:3",
  "3002-3000",
  "a",
  "1-2:3",
  "1-65535",
  "3000 ",
  "-1",
])("%j is refused with a sentence", (word) => {
  expect(parseForward(word)).toMatch(/^".*" (is not|has) /);
});

test.each(["53/udp", "udp:53", "5353:53/UDP"])("%s is told that only TCP is forwarded", (word) => {
  expect(parseForward(word)).toBe(`"${word}" is UDP: only TCP is forwarded`);
});
