// A person's favourites and saved views, and the names of answers by which nothing is said twice.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { favouritesMax, savedViewsMax } from "../../src/contracts/limits.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let ada: Client;
let bob: Client;

beforeAll(async () => {
  server = await startTestServer();
  [ada, bob] = [await server.member("ada"), await server.member("bob")];
});
afterAll(async () => server.stop());

const strangers = (count: number): string[] =>
  Array.from({ length: count }, (_, place) => `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`);

const view = (name: string, search = "") => ({ name, list: "pools" as const, search });

test("views are kept for each person, one of a name, and what is not named stays", async () => {
  expect(await ada.call("getPreferences", {})).toEqual({ favourites: [], views: [] });
  await ada.call("changePreferences", { body: { saveView: view("held", "q=condition%3Aheld") } });
  await ada.call("changePreferences", { body: { saveView: view("all") } });
  // As by two pages that have seen different states: neither undoes what the other did.
  const { views } = await ada.call("changePreferences", { body: { saveView: view("held", "q=other") } });
  expect(views).toEqual([view("all"), view("held", "q=other")]);
  expect(await ada.call("changePreferences", { body: { forgetView: { list: "templates", name: "all" } } })).toEqual({
    favourites: [],
    views,
  });
  await ada.call("changePreferences", { body: { forgetView: { list: "pools", name: "all" } } });
  expect(await ada.call("getPreferences", {})).toEqual({ favourites: [], views: [view("held", "q=other")] });
  expect(await bob.call("getPreferences", {})).toEqual({ favourites: [], views: [] });
});

test("a favourite that is no workspace of one's own is left out, and nothing is told of it", async () => {
  expect((await bob.call("changePreferences", { body: { addFavourites: strangers(3) } })).favourites).toEqual([]);
  expect(await bob.call("listWorkspaces", { query: { favourite: true } })).toEqual({ workspaces: [], total: 0 });
});

test("more than can be kept is refused, and changes nothing", async () => {
  const bodies = [
    { addFavourites: strangers(favouritesMax + 1) },
    { saveView: view("one", "x".repeat(513)) },
    { saveView: view("") },
    {},
  ];
  for (const body of bodies) {
    await expect(bob.call("changePreferences", { body })).rejects.toMatchObject({ code: "invalid_request" });
  }
  for (let place = 0; place < savedViewsMax; place += 1) {
    await bob.call("changePreferences", { body: { saveView: view(`view ${place}`) } });
  }
  const before = await bob.call("getPreferences", {});
  await expect(bob.call("changePreferences", { body: { saveView: view("one more") } })).rejects.toMatchObject({
    code: "conflict",
  });
  expect(await bob.call("getPreferences", {})).toEqual(before);
});

async function ask(client: Client, named?: string): Promise<Response> {
  return await fetch(new URL("/api/v1/users/me/preferences", server.url), {
    headers: {
      authorization: `Bearer ${client.token ?? ""}`,
      ...(named === undefined ? {} : { "if-none-match": named }),
    },
  });
}

test("whoever names what he has is told in a word that it is still so, and anew when it is not", async () => {
  const first = await ask(ada);
  const etag = first.headers.get("etag") ?? "";
  expect(etag).toMatch(/^W\/"/);
  expect(first.headers.get("cache-control")).toBe("no-store");
  const still = await ask(ada, `"other", ${etag}`);
  expect([still.status, await still.text()]).toEqual([304, ""]);
  await ada.call("changePreferences", { body: { forgetView: { list: "pools", name: "held" } } });
  const changed = await ask(ada, etag);
  expect(changed.status).toBe(200);
  expect(await changed.json()).toEqual({ favourites: [], views: [] });
});

test("the name of another person's answer is worth nothing, and who is not signed in is told nothing by one", async () => {
  await ada.call("changePreferences", { body: { saveView: view("hers") } });
  const etag = (await ask(ada)).headers.get("etag") ?? "";
  expect((await ask(bob, etag)).status).toBe(200);
  const nobody = await fetch(new URL("/api/v1/users/me/preferences", server.url), {
    headers: { "if-none-match": etag },
  });
  expect(nobody.status).toBe(401);
  expect(nobody.headers.get("etag")).toBe(null);
  expect(nobody.headers.get("cache-control")).toBe("no-store");
});
