import { describe, expect, test } from "vitest";
import type { Manifest } from "../../../src/contracts/manifest.ts";
import { compareManifests } from "../../../src/domain/template/compare-manifests.ts";
import { promotionEffect } from "../../../src/domain/template/promotion-effect.ts";

const manifest = (over: Partial<Manifest> = {}): Manifest => ({ driver: "fake", ...over });
const pooled = (instances: number) => ({ name: "small", prebuilds: { instances } });

describe("the difference of two manifests", () => {
  test("two that mean the same have none, whatever the order of their keys and lists", () => {
    const one = manifest({ parameters: [{ name: "a", type: "string", default: "x" }, { name: "b" }] });
    const other = manifest({ parameters: [{ name: "b" }, { default: "x", type: "string", name: "a" }] });
    expect(compareManifests(one, other)).toEqual([]);
  });

  test.each<readonly [string, Partial<Manifest>, Partial<Manifest>, object]>([
    ["a parameter comes", {}, { parameters: [{ name: "a" }] }, { part: "parameter", name: "a", change: "added" }],
    ["a parameter goes", { parameters: [{ name: "a" }] }, {}, { part: "parameter", name: "a", change: "removed" }],
    [
      "a default changes",
      { parameters: [{ name: "a", default: "x" }] },
      { parameters: [{ name: "a", default: "y" }] },
      { part: "parameter", name: "a", change: "changed", fields: [{ field: "default", before: '"x"', after: '"y"' }] },
    ],
    [
      "a pool grows, and its preset is the same",
      { presets: [pooled(2)] },
      { presets: [pooled(10)] },
      { part: "pool", name: "small", change: "changed", fields: [{ field: "instances", before: "2", after: "10" }] },
    ],
    ["a pool goes", { presets: [pooled(2)] }, { presets: [{ name: "small" }] }, { part: "pool", change: "removed" }],
    [
      "a preset changes",
      { presets: [{ name: "small", cost: 1 }] },
      { presets: [{ name: "small", cost: 2 }] },
      { part: "preset", fields: [{ field: "cost", before: "1", after: "2" }] },
    ],
    [
      "an agent gets a directory",
      { agents: [{ name: "main" }] },
      { agents: [{ name: "main", directory: "/src" }] },
      { part: "agent", name: "main", fields: [{ field: "directory", before: null, after: '"/src"' }] },
    ],
    [
      "an app comes",
      { agents: [{ name: "main" }] },
      { agents: [{ name: "main", apps: [{ name: "web", command: "serve" }] }] },
      { part: "app", name: "main/web", change: "added" },
    ],
    ["a secret comes", {}, { secrets: [{ name: "TOKEN" }] }, { part: "secret", name: "TOKEN", change: "added" }],
    [
      "the lifecycle changes",
      { lifecycle: { default_ttl: "8h" } },
      { lifecycle: { default_ttl: "4h" } },
      { part: "lifecycle", fields: [{ field: "default_ttl", before: '"8h"', after: '"4h"' }] },
    ],
    ["the driver changes", {}, { driver: "process" }, { part: "driver", change: "changed" }],
    ["the cost changes", { cost: 1 }, { cost: 2 }, { part: "template", change: "changed" }],
  ])("%s", (_what, before, after, expected) => {
    const found = compareManifests(manifest(before), manifest(after));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(expected);
  });

  test("against nothing all is new", () => {
    expect(compareManifests(null, manifest()).map(({ change }) => change)).toEqual(["added", "added"]);
  });

  test("a long value is cut", () => {
    const [change] = compareManifests(manifest(), manifest({ description: "x".repeat(450) }));
    expect(change?.fields[0]?.after).toHaveLength(401);
  });
});

describe("what a promotion does to pools", () => {
  const before = [{ preset: "small", ready: 6 }];
  test.each([
    [
      before,
      ["small"],
      "replace",
      ["6 ready prebuilds are replaced; until the new ones are ready, creations build cold."],
    ],
    [before, ["small"], "surge", ["6 ready prebuilds are replaced one by one, and can be claimed until then."]],
    [before, [], "replace", ['The pool of "small" ends.', "6 ready prebuilds are deleted."]],
    [[], ["big"], "replace", ['A pool of "big" begins.', "No ready prebuild is lost."]],
    [[], [], "replace", ["No pool is concerned."]],
    [[{ preset: "small", ready: 0 }], ["small"], "replace", ["No ready prebuild is lost."]],
  ] as const)("%j to %j by %s", (pools, after, strategy, sentences) => {
    expect(promotionEffect({ before: pools, after, strategy }).sentences).toEqual(sentences);
  });
});
