// Whose a secret is, who may set it, what nobody may read, and to whom it is given.
import { describe, expect, it } from "vitest";
import { agentSecretsOf } from "../../src/app/secrets/deliver-secrets.ts";
import {
  removeOwnSecret,
  removeTemplateSecret,
  seeSecrets,
  seeTemplateSecrets,
  setOwnSecret,
  setTemplateSecret,
} from "../../src/app/secrets/secrets.ts";
import { removeUser } from "../../src/app/identity/users.ts";
import type { Actor } from "../../src/app/authorize.ts";
import { secretBytesPerHolderMax, secretsPerHolderMax, secretValueBytesMax } from "../../src/contracts/limits.ts";
import { codeOf } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { secretBed } from "../support/secrets.ts";

const value = "correct horse battery staple";
const template = "web";
const bed = secretBed;

const setOwn = (
  fx: Fixture,
  name: string,
  more: Parameters<typeof setOwnSecret>[2] | object = {},
  actor: Actor = fx.alice,
) => setOwnSecret(fx.context, actor, { secret: name, value, ...more });

describe("a person's secret", () => {
  it("goes to workspaces of the templates that its owner has named, and to no other", async () => {
    const { fx, given } = await bed();
    await setOwn(fx, "TOKEN");
    expect(await given()).toEqual({});
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", allow: [template] });
    expect(await given()).toEqual({ TOKEN: value });
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", disallow: [template] });
    expect(await given()).toEqual({});
    await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", isEverywhere: true });
    expect(await given()).toEqual({ TOKEN: value });
  });

  it("of somebody else is never given", async () => {
    const { fx, given } = await bed();
    await setOwn(fx, "TOKEN", { isEverywhere: true }, fx.admin);
    expect(await given()).toEqual({});
  });

  it("goes before the template's of the same name", async () => {
    const { fx, given } = await bed();
    await setTemplateSecret(fx.context, fx.admin, { template, secret: "TOKEN", value: "the template's" });
    await setTemplateSecret(fx.context, fx.admin, { template, secret: "OTHER", value: "the template's" });
    await setOwn(fx, "TOKEN", { allow: [template] });
    expect(await given()).toEqual({ TOKEN: value, OTHER: "the template's" });
  });

  it("is told to the agents that get it when it changes and when it goes, and so is a template's", async () => {
    const { fx, agent } = await bed();
    await fx.rows("update agents set server_id = gen_random_uuid()");
    const isTold = async (change: () => Promise<unknown>): Promise<boolean> => {
      fx.published.length = 0;
      await change();
      return fx.published.includes(`agent:${agent.id}`);
    };
    expect(await isTold(() => setOwn(fx, "TOKEN", { allow: [template] }))).toBe(true);
    expect(await isTold(() => setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", disallow: [template] }))).toBe(
      true,
    );
    expect(await isTold(() => removeOwnSecret(fx.context, fx.alice, { secret: "TOKEN" }))).toBe(true);
    const ofTemplate = { template, secret: "TOKEN" };
    expect(await isTold(() => setTemplateSecret(fx.context, fx.admin, { ...ofTemplate, value }))).toBe(true);
    expect(await isTold(() => removeTemplateSecret(fx.context, fx.admin, ofTemplate))).toBe(true);
    expect(await isTold(() => setOwn(fx, "TOKEN", {}, fx.admin))).toBe(false);
  });

  it("is in no list, audit row or column in the clear", async () => {
    const { fx } = await bed();
    const shown = [
      await setOwn(fx, "TOKEN", { description: "for the forge" }),
      await seeSecrets(fx.context, fx.alice, {}),
      await seeSecrets(fx.context, fx.admin, { owner: "alice" }),
    ];
    expect(JSON.stringify(shown)).not.toContain(value);
    expect(shown[0]).toMatchObject({ name: "TOKEN", description: "for the forge", setBy: "alice", templates: [] });
    const rows = [
      await fx.rows("select * from audit_log where action like 'secret.%'"),
      await fx.rows("select *, encode(sealed, 'escape') from secrets"),
    ];
    expect(JSON.stringify(rows)).not.toContain(value);
    expect(rows[0]).toMatchObject([{ action: "secret.set", target_name: "TOKEN" }]);
  });

  it("is listed and removed by administrators, and by nobody else but its owner", async () => {
    const { fx } = await bed();
    await setOwn(fx, "TOKEN");
    const bob = await fx.addUser("bob");
    expect(await codeOf(seeSecrets(fx.context, bob, { owner: "alice" }))).toBe("forbidden");
    expect(await codeOf(removeOwnSecret(fx.context, bob, { owner: "alice", secret: "TOKEN" }))).toBe("forbidden");
    await removeOwnSecret(fx.context, fx.admin, { owner: "alice", secret: "TOKEN" });
    expect(await seeSecrets(fx.context, fx.alice, {})).toEqual({ secrets: [] });
  });

  it("goes with its owner", async () => {
    const fx = await testFixture();
    const bob = await fx.addUser("bob");
    await setOwn(fx, "TOKEN", {}, bob);
    await removeUser(fx.context, fx.admin, "bob");
    expect(await fx.number("select count(*) from secrets")).toBe(0);
  });
});

describe("a template's secret", () => {
  it("is seen, set and removed by template admins alone", async () => {
    const { fx } = await bed();
    const mine = { template, secret: "TOKEN" };
    await setTemplateSecret(fx.context, fx.admin, { ...mine, value });
    expect(await codeOf(seeTemplateSecrets(fx.context, fx.alice, { template }))).toBe("forbidden");
    expect(await codeOf(setTemplateSecret(fx.context, fx.alice, { ...mine, value }))).toBe("forbidden");
    expect(await codeOf(removeTemplateSecret(fx.context, fx.alice, mine))).toBe("forbidden");
    await removeTemplateSecret(fx.context, fx.admin, mine);
    expect(await seeTemplateSecrets(fx.context, fx.admin, { template })).toEqual({ secrets: [] });
  });
});

describe("a secret is refused", () => {
  it.each([
    "PATH",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "https_proxy",
    "SSL_CERT_FILE",
    "PREWARM_OWNER",
    "Bash_Env",
  ])("when it is named %s, by which programs run", async (name) => {
    const fx = await testFixture();
    expect(await codeOf(setOwn(fx, name))).toBe("invalid_request");
  });

  it("beyond the bounds of one, of their number and of all together", async () => {
    const fx = await testFixture();
    const long = "é".repeat(secretValueBytesMax / 2);
    expect(await codeOf(setOwn(fx, "ONE", { value: `${long}x` }))).toBe("invalid_request");
    for (let at = 0; at < secretBytesPerHolderMax / secretValueBytesMax; at += 1)
      await setOwn(fx, `L${at}`, { value: long });
    expect(await codeOf(setOwn(fx, "MORE", { value: "x" }))).toBe("too_many_secrets");
    await setOwn(fx, "L0", { value: "x" });
    for (let at = 4; at < secretsPerHolderMax; at += 1) await setOwn(fx, `S${at}`, { value: "x" });
    expect(await codeOf(setOwn(fx, "MORE", { value: "x" }))).toBe("too_many_secrets");
    await setOwn(fx, "L0", { value: "y" });
  });

  it("without a value, when there is none", async () => {
    const fx = await testFixture();
    expect(await codeOf(setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", isEverywhere: true }))).toBe("not_found");
  });
});

describe("an agent", () => {
  it("is refused while nobody owns its workspace, and given everything once it is handed over", async () => {
    const { fx, agent, given } = await bed();
    await setOwn(fx, "TOKEN", { isEverywhere: true });
    await setTemplateSecret(fx.context, fx.admin, { template, secret: "OTHER", value });
    fx.breakOnPurpose();
    await fx.rows(
      `insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, claim_generation, created_at)
select w.id, w.organization_id, w.template_id, b.template_version_id, gen_random_uuid(), 'claimed', 1, now()
from workspaces w join builds b on b.id = w.latest_build_id`,
    );
    expect(await codeOf(agentSecretsOf(fx.context, agent))).toBe("nobody_owns_it");
    await fx.rows("update prebuilds set handed_over_at = now()");
    expect(Object.keys(await given())).toEqual(["OTHER", "TOKEN"]);
  });
});
