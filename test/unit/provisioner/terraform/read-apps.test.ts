// Plans in the shape that `terraform show -json` gave for small templates, cut down to what is read.
import { describe, expect, test } from "vitest";
import { readApps } from "../../../../src/provisioner/drivers/terraform/coder/reading/read-apps.ts";

type Json = Readonly<Record<string, unknown>>;

const unsaid = { display_name: null, icon: null, command: null, share: "owner", open_in: "slim-window", order: null };
const idOf = (agent: string): Json => ({ references: [`coder_agent.${agent}.id`, `coder_agent.${agent}`] });

interface Told {
  readonly values?: Json;
  readonly expressions?: Json;
  /** Names of the module's call, and what is given to it. */
  readonly call?: { readonly name: string; readonly expressions: Json };
}

/** A plan with one app of these values, below the root or below a module. */
function plan({ values = {}, expressions = { agent_id: idOf("main") }, call }: Told): unknown {
  const app = { mode: "managed", type: "coder_app", name: "web" };
  const address = call === undefined ? "coder_app.web" : `module.${call.name}.coder_app.web`;
  const said = { slug: "web", url: "http://localhost:8080", healthcheck: [], ...unsaid, ...values };
  const planned = { resources: [{ ...app, address, values: said }] };
  const configured = { resources: [{ ...app, address: "coder_app.web", expressions }] };
  return {
    planned_values: {
      root_module: call === undefined ? planned : { child_modules: [{ address: `module.${call.name}`, ...planned }] },
    },
    configuration: {
      root_module:
        call === undefined
          ? configured
          : { module_calls: { [call.name]: { expressions: call.expressions, module: configured } } },
    },
  };
}

const main = [{ name: "main" }];
const two = [{ name: "main" }, { name: "dev-box" }];

describe("an app of a template", () => {
  test("has what it says, in the words of a manifest", () => {
    const healthcheck = [{ url: "http://localhost:8080/healthz", interval: 5, threshold: 6 }];
    const values = {
      display_name: "Web",
      icon: "/icon/code.svg",
      share: "public",
      open_in: "tab",
      order: 3,
      healthcheck,
    };
    expect(readApps(plan({ values: { ...values, hidden: true } }), main)).toEqual({
      apps: new Map([
        [
          "main",
          [
            {
              name: "web",
              display_name: "Web",
              icon: "/icon/code.svg",
              url: "http://localhost:8080",
              share: "public",
              open_in: "tab",
              order: 3,
              hidden: true,
              healthcheck: { url: "http://localhost:8080/healthz", interval: 5, threshold: 6 },
            },
          ],
        ],
      ]),
      warned: [],
    });
  });

  test("that is a command runs in a terminal, and is nobody else's", () => {
    const read = readApps(plan({ values: { url: null, command: "htop", share: "public" } }), main);
    expect(read.apps.get("main")).toEqual([{ name: "web", command: "htop", open_in: "window" }]);
  });

  test.each<[string, Told, string]>([
    ["names it in its own module", { expressions: { agent_id: idOf("dev_box") } }, "dev-box"],
    [
      "is given it by whom its module is called",
      {
        expressions: { agent_id: { references: ["var.agent_id"] } },
        call: { name: "editor", expressions: { agent_id: idOf("dev_box") } },
      },
      "dev-box",
    ],
  ])("belongs to the agent that it %s", (_how, told, agent) => {
    expect([...readApps(plan(told), two).apps.keys()]).toEqual([agent]);
  });

  test("whose agent cannot be followed is the only agent's, or left out", () => {
    const told = plan({ expressions: { agent_id: { references: ["local.agent"] } } });
    expect([...readApps(told, main).apps.keys()]).toEqual(["main"]);
    const { apps, warned } = readApps(told, two);
    expect(apps.size).toBe(0);
    expect(warned.map(({ reason }) => reason)).toEqual([
      "it is left out: it is not known at the import whose agent serves it",
    ]);
  });

  test.each<[string, Json, RegExp]>([
    ["is a link to somewhere else", { external: true, url: "https://example.com" }, /a link to somewhere else/],
    ["is not of the workspace's own machine", { url: "http://example.com:80" }, /localhost/],
    ["has an address that is known after it is made", { url: null }, /say where the app listens/],
    ["is called like a port", { slug: "8080" }, /what a port is called/],
    ["has too long a name", { slug: "a".repeat(33) }, /more than 32 characters/],
  ])("that %s is left out, and it is said why", (_what, values, words) => {
    const { apps, warned } = readApps(plan({ values }), main);
    expect(apps.size).toBe(0);
    expect(warned).toMatchObject([{ block: { name: "web" }, reason: expect.stringMatching(words) }]);
  });

  test.each<[string, Told, string]>([
    ["a group and a tooltip", { values: { group: "Tools", tooltip: "Hi" } }, "group and tooltip are not shown yet"],
    [
      "an address of each workspace's own",
      { expressions: { agent_id: idOf("main"), url: { references: ["data.coder_workspace.me.name"] } } },
      "its address depends on the workspace, its owner or a parameter, and is the same for all: that of the import",
    ],
    [
      "a check of another machine",
      { values: { healthcheck: [{ url: "http://example.com", interval: 5, threshold: 3 }] } },
      "it is not checked: ",
    ],
  ])("with %s is served all the same, and it is said", (_what, told, words) => {
    const { apps, warned } = readApps(plan(told), main);
    expect(apps.get("main")).toMatchObject([{ name: "web", url: "http://localhost:8080" }]);
    expect(apps.get("main")?.[0]).not.toHaveProperty("healthcheck");
    expect(warned).toMatchObject([{ reason: expect.stringContaining(words) }]);
  });
});
