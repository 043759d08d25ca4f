import { describe, expect, test } from "vitest";
import type { PlannedChange } from "../../../../src/domain/replacement/planned-change.ts";
import {
  existing,
  ignoredFor,
  type Kept,
  keptAfter,
  readKept,
} from "../../../../src/provisioner/drivers/terraform/coder/kept-instances.ts";

const address = 'module.parts["a.b"].docker_container.dev[0]';
const block = "parts docker_container.dev";
const kept: Kept = { archiveHash: "hash", parameters: { cpu: "2" }, instances: [{ address, id: "c1" }] };

function change(draft: Partial<PlannedChange>): PlannedChange {
  return {
    address,
    mode: "managed",
    type: "docker_container",
    name: "dev",
    module: 'module.parts["a.b"]',
    index: 0,
    provider: "registry.terraform.io/kreuzwerker/docker",
    actions: ["delete", "create"],
    before: { id: "c1", name: "prebuild-x", running: true, image: "a" },
    after: { name: "dev", running: true, image: "a" },
    afterUnknown: { id: true },
    beforeSensitive: false,
    afterSensitive: false,
    replacePaths: [["name"]],
    ...draft,
  };
}

describe("what a claim has kept", () => {
  test("has the attributes ignored that would replace it, and no other", () => {
    const plan = [change({})];
    expect(ignoredFor(kept, { first: plan, last: plan }, new Map())).toEqual(new Map([[block, ["name"]]]));
  });

  test("asks for no further plan when nothing of it is replaced", () => {
    const stopping = change({ after: { name: "dev", running: false, image: "a" } });
    const update = change({
      actions: ["update"],
      replacePaths: [],
      after: { id: "c1", name: "prebuild-x", running: false, image: "a" },
    });
    expect(ignoredFor(kept, { first: [stopping], last: [update] }, new Map([[block, ["image", "name"]]]))).toBeNull();
  });

  test("has ignored what the template itself did not look at, and a shorter list of ours brings up", () => {
    const first = change({});
    const second = change({
      actions: ["update"],
      replacePaths: [],
      before: { id: "c1", name: "prebuild-x", running: true, image: "a" },
      after: { id: "c1", name: "prebuild-x", running: true, image: "b" },
      afterUnknown: {},
    });
    expect(ignoredFor(kept, { first: [first], last: [second] }, new Map([[block, ["name"]]]))).toEqual(
      new Map([[block, ["image", "name"]]]),
    );
  });

  test("is let go where another thing has come to its address", () => {
    const other = [change({ before: { id: "c2", name: "prebuild-x" } })];
    expect(ignoredFor(kept, { first: other, last: other }, new Map())).toBeNull();
  });

  test.each<[string, Partial<Kept>]>([
    ["another version", { archiveHash: "another" }],
    ["other parameters", { parameters: { cpu: "4" } }],
  ])("is kept no more by a build of %s", (_what, other) => {
    const basis = { archiveHash: "hash", parameters: { cpu: "2" }, ...other };
    expect(keptAfter(kept, { ...basis, values: valuesOf("c1") })).toBeNull();
  });

  test("stays while it exists, and is over when it was made anew or is gone", () => {
    const basis = { archiveHash: "hash", parameters: { cpu: "2" } };
    expect(keptAfter(kept, { ...basis, values: valuesOf("c1") })).toEqual(kept);
    expect(keptAfter(kept, { ...basis, values: valuesOf("c2") })).toBeNull();
    expect(keptAfter(kept, { ...basis, values: {} })).toBeNull();
  });

  test("is everything that exists but what the provider for Coder makes and what is only read", () => {
    expect(existing(valuesOf("c1"))).toEqual(kept.instances);
  });

  test("is read from a stored state, and is nothing in one of an earlier release", () => {
    expect(readKept(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(readKept(undefined)).toBeNull();
    expect(readKept(null)).toBeNull();
  });
});

function valuesOf(id: string): unknown {
  return {
    root_module: {
      resources: [{ mode: "managed", type: "coder_agent", address: "coder_agent.main", values: { id: "a" } }],
      child_modules: [
        {
          resources: [
            { mode: "managed", type: "docker_container", address, values: { id } },
            { mode: "data", type: "docker_image", address: "data.docker_image.x", values: { id: "i" } },
          ],
        },
      ],
    },
  };
}
