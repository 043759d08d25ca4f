import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keepHostKey, withHostKey } from "../../../src/cli/ssh/known-hosts.ts";

const key = (letter: string): string => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)}`;

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "prewarm-known-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test.each([
  ["is added", "b k\n", "a", "b k\na k2\n"],
  ["replaces the host's one", "a k\nb k\n", "a", "b k\na k2\n"],
  ["replaces all of the host's", "a k\na k2\na k3\n", "a", "a k2\n"],
  ["is left when it is the same", "a k2\nb k\n", "A", "a k2\nb k\n"],
  ["touches no host that begins alike", "a.b k\n", "a", "a.b k\na k2\n"],
  ["is put after a last line without an end", "b k", "a", "b k\na k2\n"],
])("a key %s", (_, before, host, after) => {
  expect(withHostKey(before, host, "k2")).toBe(after);
});

test("many at the same time all find their keys, and leave nothing else behind", async () => {
  const file = path.join(folder(), "deep/er/known_hosts");
  const hosts = Array.from({ length: 40 }, (_, nth) => `host-${nth}`);
  await Promise.all(
    hosts.map(async (host) => {
      await keepHostKey(file, host, key("a"));
      expect(readFileSync(file, "utf8")).toContain(`${host} ${key("a")}\n`);
    }),
  );
  expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(hosts.length);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(["known_hosts"]);
});

test("a lock that somebody left behind holds nobody up", async () => {
  const file = path.join(folder(), "known_hosts");
  writeFileSync(`${file}.lock`, "");
  utimesSync(`${file}.lock`, 1, 1);
  await Promise.all(["a", "b", "c"].map((host) => keepHostKey(file, host, key("x"))));
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(4);
});

test("what is no key does not get into the file", async () => {
  const file = path.join(folder(), "known_hosts");
  for (const wrong of ["", "ssh-rsa AAAA", `${key("a")}\n* ${key("b")}`, `${key("a")} x`]) {
    await expect(keepHostKey(file, "a", wrong)).rejects.toThrow("no ed25519 key");
  }
  expect(readdirSync(path.dirname(file))).toEqual([]);
});
