// Whose an account at a git host is, who may do what with it, and to which workspaces its token goes.
import { expect, it } from "vitest";
import { agentSecretsOf } from "../../src/app/secrets/deliver-secrets.ts";
import {
  linkGitAccount,
  placeOwnGitAccount,
  seeGitAccounts,
  unlinkGitAccount,
} from "../../src/app/secrets/git-accounts.ts";
import { giveGitCredential, reportGitCredential } from "../../src/app/secrets/give-git-credential.ts";
import { seeSecrets } from "../../src/app/secrets/secrets.ts";
import { gitAccountsPerPersonMax } from "../../src/contracts/limits.ts";
import { codeOf } from "../support/claims.ts";
import { type SecretBed, secretBed } from "../support/secrets.ts";

const template = "web";
const account = { host: "git.example.org", username: "ada", token: "a-token-of-ada" };

const asked = async ({ fx, agent }: SecretBed, host = account.host) =>
  await giveGitCredential(fx.context, agent, { protocol: "https", host });

it("a token goes to workspaces of the templates that its owner has named, for its host, and never among secrets", async () => {
  const bed = await secretBed();
  const { fx } = bed;
  expect(await asked(bed)).toEqual({ outcome: "not_linked", template });
  const linked = await linkGitAccount(fx.context, fx.alice, { ...account, host: "Git.Example.org:443" });
  expect(linked).toMatchObject({ host: account.host, templates: [], isEverywhere: false });
  expect(await asked(bed)).toEqual({ outcome: "not_allowed", template });
  await placeOwnGitAccount(fx.context, fx.alice, { host: account.host, allow: [template] });
  expect(await asked(bed)).toMatchObject({ outcome: "given", username: "ada", token: account.token });
  for (const other of ["example.org", "git.example.org:8443", "sub.git.example.org"]) {
    expect(await asked(bed, other)).toEqual({ outcome: "not_linked", template });
  }
  expect((await agentSecretsOf(fx.context, bed.agent)).secrets).toEqual([]);
  expect(await seeSecrets(fx.context, fx.alice, {})).toEqual({ secrets: [] });
  await fx.rows("update users set suspended_at = now() where username = 'alice'");
  expect(await asked(bed)).toEqual({ outcome: "suspended", template });
  await fx.rows("update users set suspended_at = null where username = 'alice'");
  await unlinkGitAccount(fx.context, fx.alice, { host: account.host });
  expect(await asked(bed)).toEqual({ outcome: "not_linked", template });
});

it("a token of somebody else is never given, nor any to a prebuild that nobody has", async () => {
  const bed = await secretBed();
  const { fx } = bed;
  await linkGitAccount(fx.context, fx.admin, { ...account, isEverywhere: true });
  expect(await asked(bed)).toEqual({ outcome: "not_linked", template });
  await linkGitAccount(fx.context, fx.alice, { ...account, isEverywhere: true });
  await fx.rows("update workspaces set deleted_at = now()");
  expect(await codeOf(asked(bed))).toBe("nobody_owns_it");
});

it("no token goes without TLS, but to the machine itself", async () => {
  const bed = await secretBed();
  const { fx, agent } = bed;
  for (const host of [account.host, "127.0.0.1:8080"]) {
    await linkGitAccount(fx.context, fx.alice, { ...account, host, isEverywhere: true });
  }
  expect(await codeOf(giveGitCredential(fx.context, agent, { protocol: "http", host: account.host }))).toBe(
    "invalid_request",
  );
  const loopback = await giveGitCredential(fx.context, agent, { protocol: "http", host: "127.0.0.1:8080" });
  expect(loopback.outcome).toBe("given");
});

it("that a host refused a token is shown until the host takes it or there is another, whose places stay", async () => {
  const bed = await secretBed();
  const { fx, agent } = bed;
  await linkGitAccount(fx.context, fx.alice, { ...account, allow: [template] });
  const refusedAt = async () => (await seeGitAccounts(fx.context, fx.alice, {})).accounts[0]?.refusedAt;
  const first = await asked(bed);
  const id = first.outcome === "given" ? first.id : "";
  await reportGitCredential(fx.context, agent, { id, isRefused: true });
  expect(await refusedAt()).toEqual(expect.any(String));
  expect(await asked(bed)).toMatchObject({ isRefused: true });
  await reportGitCredential(fx.context, agent, { id, isRefused: false });
  expect(await refusedAt()).toBeNull();
  await reportGitCredential(fx.context, agent, { id, isRefused: true });
  await linkGitAccount(fx.context, fx.alice, { ...account, token: "another-token" });
  expect(await refusedAt()).toBeNull();
  // Of the token before: it says nothing of this one.
  await reportGitCredential(fx.context, agent, { id, isRefused: true });
  expect(await refusedAt()).toBeNull();
  expect(await asked(bed)).toMatchObject({ outcome: "given", token: "another-token", isRefused: false });
});

it("each change is audited without the token, and administrators see and unlink another's, which nobody else does", async () => {
  const { fx } = await secretBed();
  await linkGitAccount(fx.context, fx.alice, account);
  await placeOwnGitAccount(fx.context, fx.alice, { host: account.host, isEverywhere: true });
  const of = { owner: fx.admin.username, host: account.host };
  expect(await codeOf(seeGitAccounts(fx.context, fx.alice, of))).toBe("forbidden");
  expect(await codeOf(unlinkGitAccount(fx.context, fx.alice, of))).toBe("forbidden");
  expect((await seeGitAccounts(fx.context, fx.admin, { owner: "alice" })).accounts).toHaveLength(1);
  await unlinkGitAccount(fx.context, fx.admin, { host: account.host, owner: "alice" });
  expect(await codeOf(unlinkGitAccount(fx.context, fx.alice, { host: account.host }))).toBe("not_found");
  const acts = await fx.rows<{ readonly action: string }>(
    "select action, target_name, detail from audit_log where action like 'git.%' order by id",
  );
  expect(acts.map(({ action }) => action)).toEqual(["git.link", "git.allow", "git.unlink"]);
  expect(JSON.stringify(acts)).not.toContain(account.token);
});

it("what is no host is refused with the reason, and a person links so many hosts and no more", async () => {
  const { fx } = await secretBed();
  for (const host of ["https://github.com", "github.com/ada", "*", "git hub", "a:0", ""]) {
    expect(await codeOf(linkGitAccount(fx.context, fx.alice, { ...account, host })), host).toBe("invalid_request");
  }
  for (let number = 0; number < gitAccountsPerPersonMax; number += 1) {
    await linkGitAccount(fx.context, fx.alice, { ...account, host: `git-${number}.example.org` });
  }
  expect(await codeOf(linkGitAccount(fx.context, fx.alice, account))).toBe("too_many_secrets");
  await linkGitAccount(fx.context, fx.alice, { ...account, host: "git-0.example.org" });
});
