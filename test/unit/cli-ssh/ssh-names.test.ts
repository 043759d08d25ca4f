import { expect, test } from "vitest";
import { parseSshHost, readPrefix, sshHostOf } from "../../../src/contracts/ssh-host.ts";

test.each([
  ["prewarm.dev", "dev", null],
  ["PREWARM.dev", "dev", null],
  ["prewarm.dev.main", "dev", "main"],
  ["prewarm.anna--dev", "anna/dev", null],
  ["prewarm.anna-b--my-dev-2.web", "anna-b/my-dev-2", "web"],
  ["dev", "dev", null],
  ["anna/dev", "anna/dev", null],
  ["anna--dev.main", "anna/dev", "main"],
])("%s is the workspace %s and its agent %s", (host, workspace, agent) => {
  expect(parseSshHost(host, "prewarm.")).toEqual({ workspace, agent });
});

test.each([
  "prewarm.",
  "",
  "prewarm.dev.main.x",
  "prewarm.a--b--c",
  "prewarm.-dev",
  "prewarm.dev-",
  "dev;true",
  "dev'$(true)'",
  "../dev",
  "a/b/c",
])('"%s" is no host of a workspace', (host) => {
  expect(parseSshHost(host, "prewarm.")).toBeUndefined();
});

test("a workspace's host is read back as the workspace", () => {
  for (const workspace of ["dev", "anna/dev", "a-b/c-d-1"]) {
    for (const agent of [undefined, "main"]) {
      const host = sshHostOf(workspace, { prefix: "work-", ...(agent === undefined ? {} : { agent }) });
      expect(parseSshHost(host, "work-")).toEqual({ workspace, agent: agent ?? null });
    }
  }
});

test.each([
  ["work", "work."],
  ["work.", "work."],
  ["work-", "work-"],
  ["a.b", "a.b."],
  ["Work", undefined],
  ["", undefined],
  ["a*", undefined],
  ["-a", undefined],
  ["a--", undefined],
  ["a b", undefined],
])('the prefix "%s" is used as %s', (text, prefix) => {
  expect(readPrefix(text)).toBe(prefix);
});
