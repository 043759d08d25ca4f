import path from "node:path";
import { expect, test } from "vitest";
import { pagesOf, partsOf } from "./page-scripts.mjs";

const root = path.resolve(import.meta.dirname, "../..");

test("what is any in a path, and what may be absent, is told from what is as it is", () => {
  expect(partsOf("/pools/$template/$preset/{-$tab}")).toEqual(["pools", "*", "*", "?"]);
  expect(partsOf("/@{$owner}/$name/{-$tab}")).toEqual(["@*", "*", "?"]);
});

test("pages for somebody who is signed in ask who that is, and the list of workspaces what it shows", () => {
  const pages = pagesOf(path.join(root, "src/dashboard"));
  const asksAt = (first: string) => pages.find(({ parts }) => parts[0] === first)?.asks;
  expect(asksAt("sign-in")).toEqual([]);
  expect(asksAt("queue")).toEqual(["/api/v1/users/me"]);
  expect(asksAt("workspaces")?.length).toBe(3);
});
