import { describe, expect, test } from "vitest";
import { readLiveTopic } from "../../../src/contracts/live.ts";
import { PokePace } from "../../../src/http/live/poke-pace.ts";
import { waitUntil } from "../../support/wait-until.ts";

describe("the pace of pokes", () => {
  test("lets the first pass at once, and makes one of those that follow", async () => {
    let pokes = 0;
    const pace = new PokePace(() => (pokes += 1), 20);
    for (let heard = 0; heard < 1_000; heard += 1) pace.hear();
    expect(pokes).toBe(1);
    await waitUntil("the last one", () => pokes === 2);
    pace.stop();
  });

  test("lets nothing pass once it has stopped", async () => {
    let [pokes, others] = [0, 0];
    const pace = new PokePace(() => (pokes += 1), 1);
    pace.hear();
    pace.hear();
    pace.stop();
    const other = new PokePace(() => (others += 1), 5);
    other.hear();
    other.hear();
    await waitUntil("a later one has passed", () => others === 2);
    other.stop();
    expect(pokes).toBe(1);
  });
});

describe("a live topic", () => {
  const id = "00000000-0000-4000-8000-000000000001";
  test.each([
    "inbox",
    "settings",
    "daemons",
    `workspace:${id}`,
    `pool:${id}`,
    `job:${id}`,
    "workspaces:me",
  ])("is %s", (text) => expect(readLiveTopic(text)).toBeDefined());
  test.each(["workspaces:acme", "pools:acme", "jobs:acme", "templates:acme", `pools:${id}`])("is %s", (text) =>
    expect(readLiveTopic(text)).toHaveProperty("organization", text.split(":")[1]));
  test.each([
    "",
    ":",
    "inbox:",
    "inbox:me",
    "workspace",
    "workspace:dev",
    "pools:",
    "pools:-acme",
    "pools:a:b",
    "x:y",
  ])("is not `%s`", (text) => expect(readLiveTopic(text)).toBeUndefined());
});
