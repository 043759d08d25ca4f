// Suspension, passwords, and the tokens that a person may have.
import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { apiTokensPerPersonMax, sessionsPerPersonMax } from "../../src/contracts/limits.ts";
import { codeOf } from "../support/claims.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let database: pg.Client;

beforeAll(async () => {
  server = await startTestServer();
  database = new pg.Client(server.databaseUrl);
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await server.stop();
});

const signIn = async (username: string, password = `password of ${username}`) =>
  await server.client().call("login", { body: { username, password } });

/** Tokens of somebody who does not look after them. */
async function addTokens(username: string, kind: "api" | "session", count: number): Promise<void> {
  await database.query(
    `insert into tokens (id, kind, user_id, name, secret_hash, created_at, expires_at)
     select gen_random_uuid(), $2, u.id, 'old ' || n, decode(md5(u.id::text || $2 || n), 'hex'),
       now() - interval '1 day' - n * interval '1 s', now() + interval '1 day'
     from users u, generate_series(1, $3) n
     where u.username = $1`,
    [username, kind, count],
  );
}

test("who is suspended is told why once he knows his password, keeps his tokens, and goes on with them when he is activated", async () => {
  const ann = await server.member("ann");
  const { secret } = await ann.call("createToken", { body: { name: "ci" } });
  const ci = server.client(secret);
  await server.admin.call("suspendUser", { params: { username: "ann" }, body: { reason: "left the crew" } });
  const because = { code: "account_suspended", message: expect.stringContaining("left the crew") };
  await expect(signIn("ann")).rejects.toMatchObject(because);
  await expect(ci.call("whoAmI", {})).rejects.toMatchObject(because);
  expect(await codeOf(signIn("ann", "wrong password"))).toBe("invalid_credentials");
  expect(await codeOf(ann.call("whoAmI", {}))).toBe("unauthenticated");
  const { users } = await server.admin.call("listUsers", { query: { search: "ann" } });
  expect(users).toMatchObject([{ suspendedBecause: "left the crew", suspendedAt: expect.any(String) }]);
  await server.admin.call("activateUser", { params: { username: "ann" } });
  expect((await ci.call("whoAmI", {})).username).toBe("ann");
  expect((await signIn("ann")).user.suspendedAt).toBeNull();
  expect(await codeOf(server.admin.call("activateUser", { params: { username: "ann" } }))).toBe("conflict");
});

test("nobody suspends himself", async () => {
  const suspension = { params: { username: "admin" }, body: { reason: "x" } };
  expect(await codeOf(server.admin.call("suspendUser", suspension))).toBe("conflict");
});

test("one's own password is changed by who knows it, and his other sessions end but not his tokens", async () => {
  const bob = await server.member("bob");
  const elsewhere = server.client((await signIn("bob")).secret);
  const { secret } = await bob.call("createToken", { body: { name: "ci" } });
  const change = async (current: string, password: string) =>
    await bob.call("changePassword", { body: { current, password } });
  expect(await codeOf(change("wrong password", "a new password"))).toBe("invalid_credentials");
  expect(await codeOf(change("password of bob", "x"))).toBe("invalid_request");
  expect(await change("password of bob", "a new password")).toEqual({ ended: 1 });
  expect(await codeOf(elsewhere.call("whoAmI", {}))).toBe("unauthenticated");
  expect((await bob.call("whoAmI", {})).username).toBe("bob");
  expect((await server.client(secret).call("whoAmI", {})).username).toBe("bob");
  expect(await codeOf(signIn("bob"))).toBe("invalid_credentials");
  expect((await signIn("bob", "a new password")).user.username).toBe("bob");
});

test("all sessions and tokens end at once, those beyond a page of the list too", async () => {
  const carol = await server.member("carol");
  await addTokens("carol", "api", 530);
  const first = await carol.call("listTokens", { query: { limit: 500 } });
  const rest = await carol.call("listTokens", { query: { limit: 500, offset: 500 } });
  expect(first.total).toBe(531);
  expect(new Set([...first.tokens, ...rest.tokens].map(({ id }) => id)).size).toBe(531);
  expect(await carol.call("logoutAll", { body: { apiTokens: true } })).toEqual({ ended: 531 });
  expect(await codeOf(carol.call("whoAmI", {}))).toBe("unauthenticated");
});

test("one more API token than a person may have is refused, also when two are asked for at once", async () => {
  const dave = await server.member("dave");
  await addTokens("dave", "api", apiTokensPerPersonMax - 1);
  const asked = [1, 2].map(async (n) => await dave.call("createToken", { body: { name: `t${n}` } }));
  const answers = await Promise.allSettled(asked);
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(answers.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "too_many_tokens" } });
});

test("one more session than a person may have ends the one that was not used for longest", async () => {
  const erin = await server.member("erin");
  await addTokens("erin", "session", sessionsPerPersonMax - 1);
  await signIn("erin");
  const { tokens, total } = await erin.call("listTokens", { query: { limit: 500 } });
  expect(total).toBe(sessionsPerPersonMax);
  expect(tokens.map(({ name }) => name)).not.toContain(`old ${sessionsPerPersonMax - 1}`);
});

test("only administrators see another's tokens", async () => {
  const frank = await server.member("frank");
  expect((await server.admin.call("listTokens", { query: { owner: "frank" } })).total).toBe(1);
  expect(await codeOf(frank.call("listTokens", { query: { owner: "admin" } }))).toBe("forbidden");
});
