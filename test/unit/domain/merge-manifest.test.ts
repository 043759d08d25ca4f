import { describe, expect, test } from "vitest";
import { type ManifestParts, mergeManifest } from "../../../src/domain/template/merge-manifest.ts";
import type { Manifest } from "../../../src/contracts/manifest.ts";

const parts: ManifestParts = {
  parameters: [{ name: "Machine Image", default: "ubuntu" }],
  presets: [{ name: "Large", icon: "/icon/go.svg", parameters: { "Machine Image": "ubuntu", cpu: "8" } }],
  agents: [{ name: "main", directory: "/work", env: { A: "1", B: "2" } }],
  tags: { zone: "a", site: "x" },
};

function merged(own: Omit<Manifest, "driver">): Manifest {
  const outcome = mergeManifest({ driver: "terraform", ...own }, parts);
  if (outcome.kind === "refused") throw new Error(outcome.twice.join());
  return outcome.manifest;
}

describe("template.yaml beside a configuration", () => {
  test("that says nothing leaves all of it as it is", () => {
    expect(merged({})).toEqual({ driver: "terraform", ...parts });
    expect(mergeManifest({ driver: "terraform" }, {})).toEqual({ kind: "ok", manifest: { driver: "terraform" } });
  });

  test("adds a pool to a preset, and replaces those of its values that it names", () => {
    const { presets } = merged({
      presets: [{ name: "Large", parameters: { cpu: "16" }, prebuilds: { instances: 3 } }],
    });
    expect(presets).toEqual([
      {
        name: "Large",
        icon: "/icon/go.svg",
        parameters: { "Machine Image": "ubuntu", cpu: "16" },
        prebuilds: { instances: 3 },
      },
    ]);
  });

  test("adds presets after those of the configuration, and parameters after its own", () => {
    const manifest = merged({ presets: [{ name: "Small" }], parameters: [{ name: "size", default: "1" }] });
    expect(manifest.presets?.map(({ name }) => name)).toEqual(["Large", "Small"]);
    expect(manifest.parameters?.map(({ name }) => name)).toEqual(["Machine Image", "size"]);
  });

  test("adds hooks to an agent, whose variables are merged by name", () => {
    const { agents } = merged({ agents: [{ name: "main", env: { B: "3" }, hooks: { start: { run: "make" } } }] });
    expect(agents).toEqual([
      { name: "main", directory: "/work", env: { A: "1", B: "3" }, hooks: { start: { run: "make" } } },
    ]);
  });

  test("has the last word on tags", () => {
    expect(merged({ tags: { zone: "b" } }).tags).toEqual({ zone: "b", site: "x" });
  });

  test("is refused with the names of parameters that both define", () => {
    const own: Manifest = { driver: "terraform", parameters: [{ name: "Machine Image" }, { name: "other" }] };
    expect(mergeManifest(own, parts)).toEqual({ kind: "refused", twice: ["Machine Image"] });
  });
});
