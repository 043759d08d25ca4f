// What a preview says is what the creation then does: for each way in which it can go.
import { describe, expect, it } from "vitest";
import type { CreateWorkspace } from "../../src/contracts/api/workspaces.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import { previewCreation } from "../../src/app/workspaces/preview-creation.ts";
import { deprecate } from "../../src/app/templates/templates.ts";
import { invalidatePresets } from "../../src/db/pools/preset-validation.ts";
import { create, newName } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

type Request = Partial<CreateWorkspace>;

const region = {
  name: "region",
  type: "string" as const,
  default: "eu",
  options: [
    { name: "Europe", value: "eu" },
    { name: "America", value: "us" },
  ],
};
const regional = { small: { parameters: { region: "eu" }, prebuilds: { instances: 1 } } };

interface Case {
  readonly what: string;
  readonly arrange: (fx: Fixture) => Promise<unknown>;
  readonly request?: Request;
}

const cases: readonly Case[] = [
  {
    what: "a ready prebuild",
    arrange: async (fx) => putPrebuilds(fx, (await publishTemplate(fx)).preset(), 3),
  },
  { what: "an empty pool", arrange: (fx) => publishTemplate(fx) },
  {
    what: "one that is still building",
    arrange: async (fx) => putPrebuild(fx, (await publishTemplate(fx)).preset(), { jobStatus: "running" }),
  },
  {
    what: "one made before an invalidation",
    arrange: async (fx) => {
      const template = await publishTemplate(fx);
      await putPrebuild(fx, template.preset(), { ageMs: 1 });
      await invalidatePresets(fx.store, { templateId: template.templateId, preset: "large", now: fx.clock.now() });
    },
  },
  {
    what: "one of an older version",
    arrange: async (fx) => {
      await putPrebuild(fx, (await publishTemplate(fx)).preset());
      await publishTemplate(fx);
    },
  },
  {
    what: "one of an older version that is handed out too",
    arrange: async (fx) => {
      const rollout = { strategy: "surge" as const, max_outdated_age: 3_600 };
      await putPrebuild(fx, (await publishTemplate(fx, { rollout })).preset());
      await publishTemplate(fx, { rollout });
    },
  },
  {
    what: "the preset's parameters",
    arrange: async (fx) =>
      putPrebuild(fx, (await publishTemplate(fx, { parameters: [region], presets: regional })).preset("small")),
  },
  {
    what: "other parameters than any preset's",
    arrange: (fx) => publishTemplate(fx, { parameters: [region], presets: regional }),
    request: { parameters: { region: "us" } },
  },
  {
    what: "a parameter that the preset fixes otherwise",
    arrange: (fx) => publishTemplate(fx, { parameters: [region], presets: regional }),
    request: { preset: "small", parameters: { region: "us" } },
  },
  {
    what: "a parameter that there is not, and a value that may not be",
    arrange: (fx) => publishTemplate(fx, { parameters: [region], presets: { large: 1 } }),
    request: { parameters: { region: "mars", weather: "fine" } },
  },
  { what: "a pool that may only be warm", arrange: (fx) => publishTemplate(fx), request: { mode: "warm_only" } },
  {
    what: "a deprecated template",
    arrange: async (fx) => {
      await publishTemplate(fx);
      await deprecate(fx.context, fx.admin, { template: "web", deprecated: true, message: "old" });
    },
  },
  {
    what: "a name that is taken",
    arrange: async (fx) => {
      await publishTemplate(fx);
      await create(fx, { name: "taken" });
    },
    request: { name: "taken" },
  },
];

async function outcomeOf(fx: Fixture, request: Request): Promise<unknown> {
  try {
    const { outcome, missReason, workspace } = await create(fx, request);
    return { outcome, missReason, preset: workspace.preset, parameters: workspace.parameters };
  } catch (error) {
    if (error instanceof CodedError) return { refused: error.code, fields: error.problems.map(({ field }) => field) };
    throw error;
  }
}

async function countsOf(fx: Fixture): Promise<unknown> {
  const tables = ["workspaces", "builds", "jobs", "prebuilds", "creation_outcomes", "idempotency_keys", "audit_log"];
  const counts = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  return await fx.rows(`select ${counts.join(", ")}`);
}

describe("a preview says what the creation then does", () => {
  it.each(cases)("with $what", async ({ arrange, request = {} }) => {
    const fx = await testFixture();
    await arrange(fx);
    const asked = { name: newName(), template: "web", ...request };
    const before = await countsOf(fx);
    const preview = await previewCreation(fx.context, fx.alice, { ...asked, idempotencyKey: "k" });
    expect(await countsOf(fx)).toEqual(before);
    const done = await outcomeOf(fx, asked);
    const { outcome, missReason, preset, parameters, refusals } = preview;
    if (outcome !== "refused") return expect({ outcome, missReason, preset, parameters }).toEqual(done);
    const [first] = refusals;
    expect(done).toMatchObject({ refused: codeAsRefused(first?.code ?? "") });
    const { fields } = done as { readonly fields: readonly string[] };
    if (fields.length > 0) expect(refusals.map(({ field }) => field)).toEqual(fields);
  });
});

function codeAsRefused(code: string): string {
  return code.startsWith("parameter_") ? "invalid_parameter" : code;
}

describe("a preview", () => {
  it("says how many are ready, which presets match, and what keeps the others from it", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, {
      parameters: [region],
      presets: { ...regional, large: { parameters: { region: "us" }, prebuilds: { instances: 1 } } },
    });
    await putPrebuilds(fx, template.preset("small"), 2);
    const preview = await previewCreation(fx.context, fx.alice, { name: "dev", template: "web" });
    expect(preview).toMatchObject({ ready: 2, preset: "small", isNameFree: true, cost: null });
    expect(preview.presets).toEqual([
      { name: "small", isMatching: true, differences: [] },
      { name: "large", isMatching: false, differences: [{ parameter: "region", preset: "us", asked: "eu" }] },
    ]);
  });

  it("would wait where that may help, and where it was asked for", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const asked = { name: "dev", template: "web", mode: "wait" as const };
    expect(await previewCreation(fx.context, fx.alice, asked)).toMatchObject({
      outcome: "waits",
      missReason: "pool_empty",
    });
  });

  it("names everything that stands in the way at once, each with its field and code", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { parameters: [region], presets: { large: 1 } });
    await create(fx, { name: "taken" });
    const asked = { name: "taken", template: "web", parameters: { region: "mars", weather: "fine" } };
    const { outcome, refusals } = await previewCreation(fx.context, fx.alice, asked);
    expect(outcome).toBe("refused");
    expect(refusals.map(({ field, code }) => [field, code])).toEqual([
      ["name", "name_taken"],
      ["parameters.region", "parameter_invalid"],
      ["parameters.weather", "parameter_unknown"],
    ]);
  });

  it("says what it would cost, and refuses what the quota does not cover, as the creation does", async () => {
    const fx = await testFixture({ isQuotaEnabled: true });
    await publishTemplate(fx, { cost: 3 });
    await fx.rows("update groups set allowance = 4 where lower(name) = 'everyone'");
    const preview = async () => previewCreation(fx.context, fx.alice, { name: newName(), template: "web" });
    expect(await preview()).toMatchObject({ outcome: "cold", cost: { used: 0, allowed: 4, needed: 3 } });
    expect(await outcomeOf(fx, {})).toMatchObject({ outcome: "cold" });
    expect(await preview()).toMatchObject({
      outcome: "refused",
      cost: { used: 3, allowed: 4, needed: 3 },
      refusals: [{ field: null, code: "quota_exceeded" }],
    });
    expect(await outcomeOf(fx, {})).toMatchObject({ refused: "quota_exceeded" });
  });

  it("estimates from the newest creations with the preset, warm and cold", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx);
    await putPrebuilds(fx, template.preset(), 2);
    for (let nth = 0; nth < 3; nth += 1) await create(fx);
    await fx.rows(`update agents a set acknowledged_at = o.at + interval '2 seconds', ready_at = o.at + interval '40 seconds'
from creation_outcomes o where o.workspace_id = a.workspace_id`);
    await fx.rows(`insert into agents (id, workspace_id, build_id, name, position, token_hash, ready_at, created_at)
select gen_random_uuid(), b.workspace_id, b.id, 'main', 0, '\\x00', o.at + interval '40 seconds', o.at
from creation_outcomes o join builds b on b.workspace_id = o.workspace_id and b.number = 1 where o.outcome = 'cold'`);
    const { estimates } = await previewCreation(fx.context, fx.alice, { name: "dev", template: "web" });
    expect(estimates).toEqual({
      warm: { p50Ms: 2_000, p90Ms: 2_000, samples: 2 },
      cold: { p50Ms: 40_000, p90Ms: 40_000, samples: 1 },
    });
  });
});
