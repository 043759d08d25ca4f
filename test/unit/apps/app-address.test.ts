import { expect, test } from "vitest";
import { type AppAddress, appLabel, parseAppHost, parseAppRef } from "../../../src/contracts/app-address.ts";
import { appProblems } from "../../../src/platform/manifest-apps.ts";
import type { WorkspaceId } from "../../../src/contracts/ids.ts";
import { effectiveShare, mayVisit } from "../../../src/domain/apps/share-rules.ts";

const workspaceId = "db1ba2ac-b073-461d-9144-7798a14a03cb" as WorkspaceId;
const digits = "6r3ehapc3j8oep2h3nj2gkk0ub";
const appsHost = "apps.example.com";

test.each<[string, AppAddress]>([
  [`code-${digits}`, { what: { kind: "app", name: "code" }, workspaceId, agentNumber: 1 }],
  [`my-own-app-${digits}`, { what: { kind: "app", name: "my-own-app" }, workspaceId, agentNumber: 1 }],
  [`3000-${digits}`, { what: { kind: "port", port: 3000, isTls: false }, workspaceId, agentNumber: 1 }],
  [`8443s-${digits}-2`, { what: { kind: "port", port: 8443, isTls: true }, workspaceId, agentNumber: 2 }],
])("%s is an address, and is written so", (label, address) => {
  expect(parseAppHost(`${label}.${appsHost}`, appsHost)).toEqual({ kind: "app", address });
  expect(parseAppHost(`${label.toUpperCase()}.apps.example.com:7080`, appsHost)).toEqual({ kind: "app", address });
  expect(appLabel(address)).toBe(label);
  expect(label.length).toBeLessThanOrEqual(63);
});

test.each([
  "a.b",
  `code-${"v".repeat(26)}`,
  "code-0123456789ab",
  "code",
  "code-0123",
  `0-${digits}`,
  `70000-${digits}`,
  `-${digits}`,
  `code-${digits}-0`,
  `x_-${digits}`,
])("%s below the apps' host names nothing", (label) =>
  expect(parseAppHost(`${label}.${appsHost}`, appsHost).kind).toBe("unknown"));

test("every id comes back from its address", () => {
  for (const id of [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "01a21e63-c0ef-7ecc-99cd-1a83b1d3eea4",
  ]) {
    const address = {
      what: { kind: "port", port: 1, isTls: false },
      workspaceId: id as WorkspaceId,
      agentNumber: 1,
    } as const;
    expect(parseAppHost(`${appLabel(address)}.${appsHost}`, appsHost)).toEqual({ kind: "app", address });
  }
  const longest = { what: { kind: "app", name: "a".repeat(32) }, workspaceId, agentNumber: 9 } as const;
  expect(appLabel(longest).length).toBeLessThanOrEqual(63);
});

test.each([
  "apps.example.com",
  "example.com",
  "xapps.example.com",
  `code-${digits}.apps.example.com.evil.example`,
  "",
  "localhost",
])("%s is not below the apps' host", (host) => expect(parseAppHost(host, appsHost).kind).toBe("none"));

test("an app whose name would be read as a port, or that is none of the workspace's own, is refused", () => {
  const app = (name: string, url = "http://localhost:1") => ({ name, url });
  expect(appProblems([app("code"), app("web", "https://[::1]:8443/a?b")], "agents[0]")).toEqual([]);
  const fields = (name: string, url?: string) => appProblems([app(name, url)], "agents[0]").map(({ field }) => field);
  expect(fields("3000")).toEqual(["agents[0].apps[0].name"]);
  expect(fields("8443s")).toEqual(["agents[0].apps[0].name"]);
  for (const url of [
    "http://example.com",
    "http://169.254.169.254/",
    "ftp://localhost",
    "localhost:3000",
    "http://u:p@localhost",
    "http://localhost.example.com",
  ]) {
    expect(fields("code", url)).toEqual(["agents[0].apps[0].url"]);
  }
  expect(appProblems([app("a"), app("a")], "agents[0]").map(({ field }) => field)).toEqual(["agents[0].apps[1].name"]);
  const beyond = { ...app("a"), share: "public", max_share: "organization" } as const;
  expect(appProblems([beyond], "agents[0]").map(({ field }) => field)).toEqual(["agents[0].apps[0].share"]);
});

test("a name that is no port is an app's", () => {
  expect(parseAppRef("3000x")).toEqual({ kind: "app", name: "3000x" });
  expect(parseAppRef("65536")).toBeUndefined();
  expect(parseAppRef("-")).toBeUndefined();
});

const nobody = null;
const member = { isOwner: false, isMember: true };
const stranger = { isOwner: false, isMember: false };
const owner = { isOwner: true, isMember: false };
test.each([
  ["owner", [owner], [member, stranger, nobody]],
  ["organization", [owner, member], [stranger, nobody]],
  ["authenticated", [owner, member, stranger], [nobody]],
  ["public", [owner, member, stranger, nobody], []],
] as const)("what is shared with %s is open to those, and to nobody else", (level, yes, no) => {
  for (const visitor of yes) expect(mayVisit(visitor, level)).toBe(true);
  for (const visitor of no) expect(mayVisit(visitor, level)).toBe(false);
});

test("a share lasts until its end, and never goes beyond what is allowed now", () => {
  const now = new Date("2026-11-27T12:00:00Z");
  const later = new Date(now.getTime() + 1);
  const share = (expiresAt: Date | null) => ({ level: "public", expiresAt }) as const;
  expect(effectiveShare(share(later), "owner", { bounds: ["public"], now })).toBe("public");
  expect(effectiveShare(share(now), "owner", { bounds: ["public"], now })).toBe("owner");
  expect(effectiveShare(share(null), "owner", { bounds: ["public", "organization"], now })).toBe("organization");
  expect(effectiveShare(null, "authenticated", { bounds: ["organization"], now })).toBe("organization");
  expect(effectiveShare({ level: "owner", expiresAt: null }, "public", { bounds: ["public"], now })).toBe("owner");
});
