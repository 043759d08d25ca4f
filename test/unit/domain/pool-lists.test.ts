import { describe, expect, test } from "vitest";
import { failedToRemove } from "../../../src/domain/pool/failed-retention.ts";
import { findPool, groupByPreset } from "../../../src/domain/pool/group-by-preset.ts";
import { prebuild, preset, presetId } from "./pool-factory.ts";

describe("sorting prebuilds into pools", () => {
  const known = prebuild("known");
  const unknown = prebuild("unknown", { presetId: presetId("gone") });
  const without = prebuild("without", { presetId: null });
  const grouped = groupByPreset([preset(), preset({ presetId: presetId("preset-2") })], [unknown, known, without]);

  test("A45 rows without a preset, or of an unknown one, belong to no pool and are reported", () => {
    expect(grouped.orphans).toEqual([unknown, without]);
    expect([...grouped.pools.values()].map((pool) => pool.prebuilds)).toEqual([[known], []]);
  });

  test("A45 asking for an unknown preset gives a clear error", () => {
    expect(findPool(grouped, presetId("nowhere"))).toMatchObject({
      kind: "unknown_preset",
      presetId: "nowhere",
      message: expect.stringContaining("no preset with the id nowhere"),
    });
    expect(findPool(grouped, presetId("preset-1"))).toMatchObject({ kind: "found", pool: { prebuilds: [known] } });
  });
});

describe("keeping failed prebuilds", () => {
  const failed = [3, 1, 2].map((createdAt) => ({ workspaceId: `w${createdAt}`, createdAt }));
  const removed = (keptMax: number) => failedToRemove(failed, keptMax).map((one) => one.workspaceId);

  test("the oldest beyond the number to keep are removed, oldest first", () => {
    expect(removed(1)).toEqual(["w1", "w2"]);
    expect(removed(0)).toEqual(["w1", "w2", "w3"]);
  });

  test("as many as may be kept are kept, and a negative number keeps none", () => {
    expect(removed(3)).toEqual([]);
    expect(removed(9)).toEqual([]);
    expect(removed(-1)).toHaveLength(3);
  });
});
