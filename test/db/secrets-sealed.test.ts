// To whom a secret is not given any more, and what becomes of it when the key is another one.
import { describe, expect, it } from "vitest";
import { activate, suspend } from "../../src/app/identity/accounts.ts";
import { claimRecordOf } from "../../src/app/agents/agents.ts";
import { checkStateKey } from "../../src/app/provisioner/check-state-key.ts";
import { agentSecretsOf } from "../../src/app/secrets/deliver-secrets.ts";
import { setOwnSecret, setTemplateSecret } from "../../src/app/secrets/secrets.ts";
import { examine } from "../../src/app/system/doctor.ts";
import { stateKeyBytes } from "../../src/app/provisioner/state-vault.ts";
import type { Fixture } from "../support/fixture.ts";
import { secretBed } from "../support/secrets.ts";
import type { TestServer } from "../support/server.ts";

const value = "correct horse battery staple";
const keyOf = (letter: string): Buffer => Buffer.alloc(stateKeyBytes, letter);

async function both(fx: Fixture): Promise<void> {
  await setOwnSecret(fx.context, fx.alice, { secret: "MINE", value, allow: ["web"] });
  await setTemplateSecret(fx.context, fx.admin, { template: "web", secret: "OURS", value });
}

async function findings(on: TestServer, fx: Fixture) {
  const report = await examine(on.context, fx.admin, () => []);
  return report.findings.filter(({ check }) => check === "secrets");
}

describe("the secrets of a workspace whose owner is suspended", () => {
  it("are not given, which its agents are told at once, and are again when he is active", async () => {
    const { fx, agent, given } = await secretBed();
    await both(fx);
    await fx.rows("update agents set server_id = gen_random_uuid()");
    const hasSecrets = async () => (await claimRecordOf(fx.context, agent)).hasSecrets;
    expect(await hasSecrets()).toBe(true);
    fx.published.length = 0;
    await suspend(fx.context, fx.admin, { username: "alice", reason: "away" });
    expect(fx.published).toContain(`agent:${agent.id}`);
    expect(await given()).toEqual({});
    expect(await hasSecrets()).toBe(false);
    fx.published.length = 0;
    await activate(fx.context, fx.admin, "alice");
    expect(fx.published).toContain(`agent:${agent.id}`);
    expect(Object.keys(await given())).toEqual(["MINE", "OURS"]);
  });
});

describe("a secret that no key opens", () => {
  it("is left out and named to the agent, and named by doctor with its holder", async () => {
    const { fx, agent, given } = await secretBed();
    await both(fx);
    expect(await findings(fx, fx)).toMatchObject([{ severity: "ok" }]);
    const other = fx.addServer({ stateKeys: [keyOf("n")] });
    expect(await given(other)).toEqual({});
    expect(await agentSecretsOf(other.context, agent)).toMatchObject({ secrets: [], unopened: ["MINE", "OURS"] });
    const [found] = await findings(other, fx);
    expect(found).toMatchObject({ severity: "warning" });
    expect(found?.message).toMatch(/^2 of 2 secrets cannot be opened/);
    expect(found?.message).toContain("MINE of alice");
    expect(found?.message).toContain("OURS of the template web");
  });
});

describe("a key that is replaced", () => {
  it("is needed no longer once a server has started while all others have the new one", async () => {
    const { fx, given } = await secretBed();
    await checkStateKey(fx.context);
    await both(fx);
    await fx.rows(
      "insert into servers (id, url, started_at, seen_at, version, report) values ($1, 'http://one.example:7080', now(), now(), 'test', $2)",
      [fx.id, { stateKeyId: fx.context.stateVault.keyId }],
    );
    const on = fx.addServer({ stateKeys: [keyOf("n"), keyOf("k")] });
    await checkStateKey(on.context);
    expect(Object.keys(await given(fx)), "the one that has the old key alone goes on").toEqual(["MINE", "OURS"]);
    expect(await findings(on, fx)).toMatchObject([
      { severity: "ok", message: expect.stringMatching(/^2 of 2 .*keep it/) },
    ]);
    await fx.rows("delete from servers");
    await checkStateKey(on.context);
    const alone = fx.addServer({ stateKeys: [keyOf("n")] });
    expect(await given(alone)).toEqual({ MINE: value, OURS: value });
    expect(await findings(alone, fx)).toMatchObject([{ severity: "ok" }]);
  });

  it("leaves a secret that is damaged as it is, and seals the others", async () => {
    const { fx, given } = await secretBed();
    await both(fx);
    await fx.rows("update secrets set sealed = 'nothing' where name = 'MINE'");
    const on = fx.addServer({ stateKeys: [keyOf("n"), keyOf("k")] });
    await checkStateKey(on.context);
    expect(await given(on)).toEqual({ OURS: value });
    expect(await fx.number("select count(distinct key_id) from secrets")).toBe(2);
  });
});
