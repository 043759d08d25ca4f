// Whose an SSH key is, who may do what with it, and to which workspaces it goes.
import { expect, it } from "vitest";
import { seeSecrets, setOwnSecret } from "../../src/app/secrets/secrets.ts";
import { agentSecretsOf } from "../../src/app/secrets/deliver-secrets.ts";
import {
  createOwnSshKey,
  placeOwnSshKey,
  removeAnSshKey,
  rotateOwnSshKey,
  seeOwnSshKey,
} from "../../src/app/secrets/ssh-keys.ts";
import { codeOf } from "../support/claims.ts";
import { type SecretBed, secretBed } from "../support/secrets.ts";

const template = "web";
const keyOf = async ({ fx, agent }: SecretBed): Promise<string | undefined> =>
  (await agentSecretsOf(fx.context, agent)).sshKey;

it("an SSH key goes to workspaces of the templates that its owner has named, beside the secrets and never among them", async () => {
  const bed = await secretBed();
  const { fx } = bed;
  await setOwnSecret(fx.context, fx.alice, { secret: "TOKEN", value: "hunter2 hunter2", isEverywhere: true });
  const made = await createOwnSshKey(fx.context, fx.alice, {});
  expect(made.publicKey).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5\S{48} alice@prewarm$/);
  expect(await keyOf(bed)).toBeUndefined();
  await placeOwnSshKey(fx.context, fx.alice, { allow: [template] });
  expect(Buffer.from(String(await keyOf(bed)), "base64").toString()).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  expect(await bed.given()).toEqual({ TOKEN: "hunter2 hunter2" });
  await placeOwnSshKey(fx.context, fx.alice, { disallow: [template] });
  expect(await keyOf(bed)).toBeUndefined();
  await placeOwnSshKey(fx.context, fx.alice, { isEverywhere: true });
  expect(await keyOf(bed)).toBeDefined();
  await fx.rows("update users set suspended_at = now() where username = 'alice'");
  expect(await keyOf(bed)).toBeUndefined();
});

it("an SSH key of somebody else is never given, and no key is shown among secrets", async () => {
  const bed = await secretBed();
  await createOwnSshKey(bed.fx.context, bed.fx.admin, { isEverywhere: true });
  expect(await keyOf(bed)).toBeUndefined();
  expect(await seeSecrets(bed.fx.context, bed.fx.admin, {})).toEqual({ secrets: [] });
});

it("a rotated SSH key is another one for the same templates, and each change is audited and told to its agents", async () => {
  const bed = await secretBed();
  const { fx, agent } = bed;
  await fx.rows("update agents set server_id = gen_random_uuid()");
  const first = await createOwnSshKey(fx.context, fx.alice, { allow: [template] });
  const before = await keyOf(bed);
  fx.published.length = 0;
  const second = await rotateOwnSshKey(fx.context, fx.alice);
  expect(fx.published).toContain(`agent:${agent.id}`);
  expect(second.publicKey).not.toBe(first.publicKey);
  expect(second.templates).toEqual([template]);
  expect(await keyOf(bed)).not.toBe(before);
  await removeAnSshKey(fx.context, fx.alice, {});
  expect(await keyOf(bed)).toBeUndefined();
  const acts = await fx.rows<{ readonly action: string }>(
    "select action, detail from audit_log where action like 'key.%' order by id",
  );
  expect(acts.map(({ action }) => action)).toEqual(["key.create", "key.rotate", "key.remove"]);
  expect(JSON.stringify(acts)).not.toContain("PRIVATE");
});

it("a person has one SSH key, and administrators remove another's, which nobody else does", async () => {
  const { fx } = await secretBed();
  expect(await codeOf(rotateOwnSshKey(fx.context, fx.alice))).toBe("not_found");
  await createOwnSshKey(fx.context, fx.alice, {});
  expect(await codeOf(createOwnSshKey(fx.context, fx.alice, {}))).toBe("conflict");
  await createOwnSshKey(fx.context, fx.admin, {});
  expect(await codeOf(removeAnSshKey(fx.context, fx.alice, { owner: fx.admin.username }))).toBe("forbidden");
  await removeAnSshKey(fx.context, fx.admin, { owner: "alice" });
  expect(await codeOf(seeOwnSshKey(fx.context, fx.alice))).toBe("not_found");
});
