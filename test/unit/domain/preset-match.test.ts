import { describe, expect, test } from "vitest";
import { matchPreset, type PresetCandidate } from "../../../src/domain/match/preset-match.ts";

const candidate = (presetId: string, parameters: Record<string, string>, over: Partial<PresetCandidate> = {}) => ({
  presetId,
  presetName: presetId,
  isDefault: false,
  createdAt: 0,
  parameters,
  ...over,
});
const match = (candidates: PresetCandidate[], parameters: Record<string, string>, presetId?: string) =>
  matchPreset(candidates, { parameters, presetId: presetId ?? null });
const matched = (presetId: string, because: string) => ({ kind: "matched", preset: { presetId }, because });

const large = candidate("large", { size: "l", region: "eu" });

describe("matching a preset", () => {
  test("140 equal parameters match", () => {
    expect(match([large], { size: "l", region: "eu" })).toMatchObject(matched("large", "parameters"));
  });

  test("140 a wrong value matches none, and the difference is told", () => {
    expect(match([large], { size: "s", region: "eu" })).toMatchObject({
      kind: "none",
      reason: "parameters_differ",
      closest: { preset: { presetId: "large" }, differences: [{ parameter: "size", preset: "l", asked: "s" }] },
    });
  });

  test("140 a missing parameter matches none, and is told", () => {
    expect(match([large], { size: "l" })).toMatchObject({
      kind: "none",
      closest: { differences: [{ parameter: "region", asked: null }] },
    });
  });

  test("140 extra parameters still match", () => {
    expect(match([large], { size: "l", region: "eu", colour: "red" })).toMatchObject(matched("large", "parameters"));
  });

  test("140 of two matches the one with more parameters is taken, in either order", () => {
    const wide = candidate("wide", { size: "l" }, { isDefault: true });
    const asked = { size: "l", region: "eu" };
    expect(match([wide, large], asked)).toMatchObject(matched("large", "parameters"));
    expect(match([large, wide], asked)).toMatchObject(matched("large", "parameters"));
  });

  test("a tie goes to the default, and without one to the oldest", () => {
    const young = candidate("young", { size: "l" }, { createdAt: 2 });
    const old = candidate("old", { size: "l" }, { createdAt: 1 });
    const chosen = candidate("chosen", { size: "l" }, { createdAt: 3, isDefault: true });
    expect(match([young, old], { size: "l" })).toMatchObject(matched("old", "parameters"));
    expect(match([young, old, chosen], { size: "l" })).toMatchObject(matched("chosen", "parameters"));
  });

  test("a preset without parameters is taken only when nothing better matches", () => {
    const bare = candidate("bare", {}, { isDefault: true });
    expect(match([bare, large], { size: "l", region: "eu" })).toMatchObject(matched("large", "parameters"));
    expect(match([bare, large], { size: "s" })).toMatchObject(matched("bare", "no_parameters"));
  });

  test("the preset that was asked for is taken, whatever the parameters", () => {
    expect(match([large], {}, "large")).toMatchObject(matched("large", "asked_for"));
    expect(match([large], {}, "huge")).toMatchObject({ kind: "none", reason: "no_preset" });
  });

  test("a version without presets says so", () => {
    expect(match([], {})).toMatchObject({ kind: "none", reason: "no_preset" });
  });
});
