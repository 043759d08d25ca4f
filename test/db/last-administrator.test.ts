// A deployment keeps somebody who administers it, and starts whoever is there.
import { expect, it } from "vitest";
import type { Actor } from "../../src/app/authorize.ts";
import { suspend } from "../../src/app/identity/accounts.ts";
import { ensureFirstRun } from "../../src/app/identity/first-run.ts";
import { changeRole } from "../../src/app/identity/roles.ts";
import { createUser, removeUser } from "../../src/app/identity/users.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import type { UserId } from "../../src/contracts/ids.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import type { TestServer } from "../support/server.ts";

async function addAdministrator(fx: Fixture, username: string): Promise<Actor> {
  const user = await createUser(fx.context, fx.admin, { username, password: "long enough", role: "administrator" });
  const ids = { userId: user.id as UserId, tokenId: fx.admin.tokenId };
  return { ...fx.admin, ...ids, username };
}

const codeOf = async (done: Promise<unknown>): Promise<string> =>
  done.then(
    () => "done",
    (error: unknown) => (error instanceof CodedError ? error.code : String(error)),
  );

const administrators = async (fx: Fixture): Promise<number> =>
  await fx.number(
    "select count(*) from users where role = 'administrator' and deleted_at is null and suspended_at is null",
  );

const removals: Readonly<Record<string, (fx: TestServer, by: Actor, username: string) => Promise<void>>> = {
  delete: async ({ context }, by, username) => removeUser(context, by, username),
  "take the role of": async ({ context }, by, username) =>
    void (await changeRole(context, by, { username, role: "member" })),
  suspend: async ({ context }, by, username) => suspend(context, by, { username, reason: "none" }),
};

it.each(
  Object.entries(removals),
)("of two administrators who %s each other at once, one is left, and is told that he is the last", async (_, remove) => {
  const fx = await testFixture();
  const eve = await addAdministrator(fx, "eve");
  const other = fx.addServer();
  const codes = await Promise.all([codeOf(remove(fx, fx.admin, "eve")), codeOf(remove(other, eve, "admin"))]);
  expect(codes.sort()).toEqual(["done", "last_administrator"]);
  expect(await administrators(fx)).toBe(1);
});

it("who was removed while he asked removes nobody any more", async () => {
  const fx = await testFixture();
  const eve = await addAdministrator(fx, "eve");
  await addAdministrator(fx, "zoe");
  await removeUser(fx.context, fx.admin, "eve");
  expect(await codeOf(removeUser(fx.context, eve, "zoe"))).toBe("forbidden");
  expect(await administrators(fx)).toBe(2);
});

it("a server starts without the user `admin`, and prints no link while another one administers", async () => {
  const fx = await testFixture();
  const eve = await addAdministrator(fx, "eve");
  await removeUser(fx.context, eve, "admin");
  const { administrator, setupSecret } = await ensureFirstRun(fx.context, { administratorPassword: "x" });
  expect({ username: administrator?.username, setupSecret }).toEqual({ username: "eve", setupSecret: null });
});

it.each([
  ["nobody", "delete from tokens", "admin"],
  ["a member of that name", "update users set role = 'member', deleted_at = null where username = 'admin'", "admin-"],
])("a database that was left with no administrator but %s gets one at the next start, with a link", async (_, sql, name) => {
  const fx = await testFixture();
  await fx.rows("update users set deleted_at = now() where username = 'admin'");
  await fx.rows(sql);
  const { administrator, setupSecret } = await ensureFirstRun(fx.context, { administratorPassword: null });
  expect(administrator?.username.startsWith(name)).toBe(true);
  expect(setupSecret).not.toBeNull();
  expect(await administrators(fx)).toBe(1);
});

it("a password that is too short is refused from the environment and from a use case alike", async () => {
  const fx = await testFixture();
  expect(await codeOf(ensureFirstRun(fx.context, { administratorPassword: "x" }))).toBe("config_invalid");
  expect(await codeOf(createUser(fx.context, fx.admin, { username: "eve", password: "x" }))).toBe("invalid_request");
  expect(await codeOf(createUser(fx.context, fx.admin, { username: "eve", password: "🦊🦊🦊🦊" }))).toBe(
    "invalid_request",
  );
});
