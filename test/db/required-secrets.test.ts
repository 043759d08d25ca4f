// A template that requires a secret, and a creation whose workspace would go without.
import { describe, expect, it } from "vitest";
import { manifestOf } from "../../src/app/agents/agents.ts";
import { setOwnSecret, setTemplateSecret } from "../../src/app/secrets/secrets.ts";
import { declaredSecretsMax } from "../../src/contracts/limits.ts";
import type { PresetId } from "../../src/contracts/ids.ts";
import type { ManifestSecret } from "../../src/contracts/manifest.ts";
import { codeOf, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { buildOf, registerDaemon } from "../support/leasing-daemon.ts";
import { authenticateAgent } from "../../src/app/agents/authenticate-agent.ts";
import { ledgerCounts, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate, pushVersion } from "../support/templates.ts";

const value = "correct horse battery staple";
const token: ManifestSecret = { name: "TOKEN", required: true };

/** A pool of one prebuild of a template with these secrets. */
async function pool(secrets: ManifestSecret[]): Promise<{ fx: Fixture; presetId: PresetId }> {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 1 }, secrets, claimEffect: "none" });
  await putPrebuild(fx, template.preset());
  return { fx, presetId: template.preset() };
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => "it was created",
    (error: unknown) => error,
  );
}

describe("a creation without a secret that its template requires", () => {
  it("is refused with its name and the command that sets it, and spends no prebuild", async () => {
    const { fx, presetId } = await pool([token]);
    expect(await refusal(create(fx))).toMatchObject({
      code: "secret_missing",
      message: 'The template "web" requires the secret TOKEN: its owner has none of that name.',
      next: "`prewarm secrets set TOKEN --for web`",
    });
    for (const mode of ["prefer_warm", "warm_only", "wait"] as const) {
      expect(await codeOf(create(fx, { mode })), mode).toBe("secret_missing");
    }
    expect(await ledgerCounts(fx, presetId)).toMatchObject({ ready: 1 });
    expect(await fx.number("select count(*) from workspaces where owner_id = $1", [fx.alice.userId])).toBe(0);
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", value, allow: ["web"] });
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it("is refused where its owner has one and has not let it go to the template", async () => {
    const { fx } = await pool([token]);
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", value });
    expect(await refusal(create(fx))).toMatchObject({
      code: "secret_missing",
      next: "`prewarm secrets allow TOKEN web`",
    });
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", isEverywhere: true });
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it("is refused for whom it is made, whatever who makes it has", async () => {
    const { fx } = await pool([token]);
    await setOwnSecret(fx.context, fx.admin, { secret: "TOKEN", value, isEverywhere: true });
    expect(await refusal(create(fx, { by: fx.admin, owner: "alice" }))).toMatchObject({
      code: "secret_missing",
      next: "alice: `prewarm secrets set TOKEN --for web`",
    });
  });

  it("is refused where the template's admins are to set it, until they have", async () => {
    const { fx } = await pool([{ ...token, from: "template" }]);
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", value, isEverywhere: true });
    expect(await refusal(create(fx))).toMatchObject({
      code: "secret_missing",
      next: "`prewarm secrets set TOKEN --template web`",
    });
    await setTemplateSecret(fx.context, fx.admin, { template: "web", secret: "TOKEN", value });
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it("names all that are lacking, and passes over those that are not required", async () => {
    const { fx } = await pool([token, { name: "MAYBE" }, { name: "OTHER", required: true }]);
    const fields = [{ field: "TOKEN" }, { field: "OTHER" }];
    expect(await refusal(create(fx))).toMatchObject({ problems: fields });
  });
});

describe("a template", () => {
  it("that requires nothing costs a creation no question", async () => {
    const { fx } = await pool([{ name: "MAYBE" }]);
    const asked: string[] = [];
    const query = fx.context.db.query.bind(fx.context.db);
    fx.context.db.query = async (statement, params) => {
      asked.push(statement.name);
      return await query(statement, params);
    };
    await create(fx);
    expect(asked).not.toEqual([]);
    expect(asked).not.toContain("secrets_held");
  });

  it("tells its agents what its hooks must not go without", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: {}, secrets: [token, { name: "MAYBE" }] });
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", value, isEverywhere: true });
    await create(fx);
    const job = await (await registerDaemon(fx)).take();
    if (job === null) throw new Error("a workspace has a job");
    const agent = await authenticateAgent(fx.context, buildOf(job).agents[0]?.token ?? "", "key");
    expect(await manifestOf(fx.context, agent)).toMatchObject({ requiredSecrets: ["TOKEN"] });
  });

  it.each<[string, ManifestSecret[]]>([
    ["twice", [{ name: "TOKEN" }, { name: "TOKEN" }]],
    ["by a name by which programs run", [{ name: "LD_PRELOAD" }]],
    ["by a name that no variable has", [{ name: "MY-TOKEN" }]],
    ["that are too many", Array.from({ length: declaredSecretsMax + 1 }, (_, at) => ({ name: `S${at}` }))],
  ])("is refused that declares secrets %s", async (_, secrets) => {
    const fx = await testFixture();
    expect(await codeOf(pushVersion(fx, { secrets }))).toBe("invalid_manifest");
  });
});
