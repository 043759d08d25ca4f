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

test("views are kept for each person, and what is left out stays", async () => {
  expect(await ada.call("getPreferences", {})).toEqual({ favourites: [], views: [] });
  const views = [{ name: "mine, running", list: "workspaces" as const, search: "q=status%3Arunning" }];
  expect(await ada.call("setPreferences", { body: { views } })).toEqual({ favourites: [], views });
  expect(await ada.call("setPreferences", { body: { favourites: [] } })).toEqual({ favourites: [], views });
  expect(await bob.call("getPreferences", {})).toEqual({ favourites: [], views: [] });
});

test("a favourite that is no workspace of one's own is left out, and nothing is told of it", async () => {
  expect((await bob.call("setPreferences", { body: { favourites: strangers(3) } })).favourites).toEqual([]);
  expect(await bob.call("listWorkspaces", { query: { favourite: true } })).toEqual({ workspaces: [], total: 0 });
});

test("more than can be kept is refused, and changes nothing", async () => {
  const before = await ada.call("getPreferences", {});
  const view = { name: "one", list: "pools" as const, search: "" };
  const bodies = [
    { favourites: strangers(favouritesMax + 1) },
    { views: Array.from({ length: savedViewsMax + 1 }, () => view) },
    { views: [{ ...view, search: "x".repeat(513) }] },
  ];
  for (const body of bodies) {
    await expect(ada.call("setPreferences", { body })).rejects.toMatchObject({ code: "invalid_request" });
  }
  expect(await ada.call("getPreferences", {})).toEqual(before);
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
  await ada.call("setPreferences", { body: { views: [] } });
  const changed = await ask(ada, etag);
  expect(changed.status).toBe(200);
  expect(await changed.json()).toEqual({ favourites: [], views: [] });
});

test("the name of another person's answer is worth nothing, and who is not signed in is told nothing by one", async () => {
  await ada.call("setPreferences", { body: { views: [{ name: "hers", list: "pools", search: "" }] } });
  const etag = (await ask(ada)).headers.get("etag") ?? "";
  expect((await ask(bob, etag)).status).toBe(200);
  const nobody = await fetch(new URL("/api/v1/users/me/preferences", server.url), {
    headers: { "if-none-match": etag },
  });
  expect(nobody.status).toBe(401);
  expect(nobody.headers.get("etag")).toBe(null);
  expect(nobody.headers.get("cache-control")).toBe("no-store");
});
