import { describe, expect, test } from "vitest";
import { outlineOf, readOutline } from "../../../../src/provisioner/drivers/terraform/configuration-outline.ts";

const resource = (type: string, name: string, mode = "managed"): unknown => ({ mode, type, name });
const plan = {
  configuration: {
    root_module: {
      variables: { prewarm: {}, namespace: {} },
      resources: [resource("coder_agent", "main"), resource("coder_workspace", "me", "data")],
      module_calls: {
        ide: {
          module: {
            resources: [resource("coder_app", "ide")],
            module_calls: {
              inner: {
                module: {
                  resources: [resource("docker_volume", "cache")],
                },
              },
            },
          },
        },
      },
    },
  },
};

describe("the outline of a configuration", () => {
  test("has the managed blocks of all modules, by the names of their calls", () => {
    expect(outlineOf(plan)).toEqual({
      isForCoder: true,
      declaresPrewarm: true,
      variables: [],
      blocks: [
        { module: "", type: "coder_agent", name: "main" },
        { module: "ide", type: "coder_app", name: "ide" },
        { module: "ide.inner", type: "docker_volume", name: "cache" },
      ],
    });
  });

  test("tells a template of Coder's by what it reads, too, and takes a plan without any for one of ours", () => {
    const reads = { configuration: { root_module: { resources: [resource("coder_parameter", "cpu", "data")] } } };
    expect(outlineOf(reads)).toEqual({ isForCoder: true, declaresPrewarm: false, variables: [], blocks: [] });
    expect(outlineOf({})).toEqual({ isForCoder: false, declaresPrewarm: false, variables: [], blocks: [] });
  });

  test("is read as it was stored, and is null in a version of an earlier release", () => {
    const outline = outlineOf(plan, [{ name: "zones", type: "list(string)" }]);
    expect(readOutline(JSON.parse(JSON.stringify({ lockFile: null, outline })))).toEqual(outline);
    expect(readOutline({ lockFile: null })).toBeNull();
    expect(readOutline(undefined)).toBeNull();
  });
});
