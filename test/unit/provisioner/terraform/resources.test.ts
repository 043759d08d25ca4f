import { describe, expect, test } from "vitest";
import { resourcesOf } from "../../../../src/provisioner/drivers/terraform/resources.ts";

type Json = Readonly<Record<string, unknown>>;

const as = (text: string): string => text.replaceAll("hush", "***");

function resource(type: string, name: string, values: Json, more: Json = {}): Json {
  return { address: `${type}.${name}`, mode: "managed", type, name, values, sensitive_values: {}, ...more };
}

const container = resource("docker_container", "main", { id: "c-1", name: "dev", image: "ubuntu", ports: null });
const metadata = (values: Json): Json => resource("coder_metadata", "of", { resource_id: "c-1", item: [], ...values });
const shown = (...resources: readonly Json[]) => resourcesOf({ root_module: { resources } }, as);

describe("a resource that coder_metadata speaks of", () => {
  test("has its icon, its cost, and its items before its own attributes", () => {
    const item = [
      { key: "image", value: "Ubuntu 26", sensitive: false },
      { key: "password", value: "hush-hush", sensitive: true },
      { key: "note", value: "hush", sensitive: false },
      { key: "nothing", value: null, sensitive: false },
    ];
    const [found, ...others] = shown(container, metadata({ icon: "/icon/docker.svg", daily_cost: 4, item }));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ address: "docker_container.main", icon: "/icon/docker.svg", dailyCost: 4 });
    expect(Object.entries(found?.attributes ?? {})).toEqual([
      ["image", "Ubuntu 26"],
      ["password", "(sensitive)"],
      ["note", "***"],
      ["id", "c-1"],
      ["name", "dev"],
    ]);
  });

  test("is not shown where it hides it, and another is", () => {
    const volume = resource("docker_volume", "home", { id: "v-1" });
    expect(shown(container, volume, metadata({ hide: true })).map(({ address }) => address)).toEqual([
      "docker_volume.home",
    ]);
  });

  test("has all items where several speak of it, and the first icon and cost that is said", () => {
    const one = metadata({ item: [{ key: "a", value: "1" }], daily_cost: null });
    const two = metadata({ icon: "b", daily_cost: 2, item: [{ key: "b", value: "2" }] });
    const three = metadata({ icon: "c", daily_cost: 3 });
    expect(shown(container, one, two, three)).toMatchObject([
      { icon: "b", dailyCost: 2, attributes: { a: "1", b: "2", id: "c-1" } },
    ]);
  });

  test.each([-1, null, "4"])("has no cost that is %s", (cost) => {
    expect(shown(container, metadata({ daily_cost: cost }))[0]).not.toHaveProperty("dailyCost");
  });

  test("has what the template's own output says instead", () => {
    const outputs = { prewarm_resources: { value: { "docker_container.main": { icon: "own", daily_cost: 1 } } } };
    const resources = [container, metadata({ icon: "theirs", daily_cost: 9 })];
    expect(resourcesOf({ outputs, root_module: { resources } }, as)).toMatchObject([{ icon: "own", dailyCost: 1 }]);
  });
});

test("agents, scripts and variables are no resources that people are shown", () => {
  const agent = resource("coder_agent", "main", { id: "a", token: "hush", env: { KEY: "hush" } });
  const script = resource("coder_script", "one", { id: "s", script: "hush" });
  expect(shown(agent, script, container).map(({ address }) => address)).toEqual(["docker_container.main"]);
});
