// Trying passwords: slowed down by where it comes from, told in bounds, and never at the owner's cost.
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAddressRanges } from "../../src/platform/network/address-ranges.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;

beforeAll(async () => {
  const httpTrustedProxies = parseAddressRanges("127.0.0.1");
  if (httpTrustedProxies === undefined) throw new Error("no ranges");
  server = await startTestServer({ httpTrustedProxies });
  await server.member("ann");
});
afterAll(async () => server.stop());

async function signIn(from: string, username: string, password: string): Promise<{ status: number; code: string }> {
  const answer = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": from },
    body: JSON.stringify({ username, password }),
  });
  const body = (await answer.json()) as { error?: { code: string } };
  return { status: answer.status, code: body.error?.code ?? "" };
}

const told = async () =>
  (await server.admin.call("listAudit", { query: { action: "user.sign_ins_failed" } })).entries.map(
    ({ target, detail }) => ({ name: target.name, detail }),
  );

test("an attack on an account waits where it comes from, is told by a few entries, and leaves its owner his door", async () => {
  const codes: string[] = [];
  for (let nth = 0; nth < 8; nth += 1) codes.push((await signIn("203.0.113.1", "ann", "wrong")).code);
  expect(codes.filter((code) => code === "invalid_credentials")).toHaveLength(5);
  expect(codes.slice(5)).toEqual(Array.from({ length: 3 }, () => "too_many_sign_ins"));
  // Also the right one: else an attacker would know it by that.
  expect((await signIn("203.0.113.1", "ann", "password of ann")).status).toBe(429);
  for (let nth = 0; nth < 60; nth += 1) await signIn(`198.51.100.${nth}`, "ann", "wrong");
  expect((await signIn("192.0.2.7", "ann", "password of ann")).status).toBe(200);
  expect(await told()).toEqual([
    { name: "ann", detail: { failures: 50, address: expect.stringMatching(/^198\.51\.100\./) } },
    { name: "ann", detail: { failures: 5, address: "203.0.113.1" } },
  ]);
});

test("names that nobody has are answered and slowed down as others are, and are not kept", async () => {
  const codes: string[] = [];
  for (let nth = 0; nth < 7; nth += 1) codes.push((await signIn("203.0.113.9", "my secret password", "x")).code);
  expect(codes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "invalid_credentials"));
  expect(codes.slice(5)).toEqual(["too_many_sign_ins", "too_many_sign_ins"]);
  expect((await told()).filter(({ name }) => name !== "ann")).toEqual([]);
  expect(JSON.stringify(server.logger.entries)).not.toContain("my secret password");
});

test("the current password cannot be tried without end by who has a session", async () => {
  const bob = await server.member("bob");
  const change = async (current: string) =>
    bob.call("changePassword", { body: { current, password: "another password" } }).then(
      () => "changed",
      (error: { code: string }) => error.code,
    );
  const codes: string[] = [];
  for (let nth = 0; nth < 6; nth += 1) codes.push(await change("wrong"));
  expect(codes.at(-1)).toBe("too_many_sign_ins");
});
