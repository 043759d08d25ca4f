import { describe, expect, test } from "vitest";
import { AskedProvider, diagnosticsOf } from "../../support/coder-calls.ts";
import { claimFacts, type FactsDraft, jobFacts, prebuildFacts } from "../../support/coder-facts.ts";

const read = (type: string, facts = jobFacts(), config = {}) => new AskedProvider(facts).read(type, config);

describe("data.coder_workspace", () => {
  const stages = {
    prebuild: prebuildFacts(),
    claim: claimFacts(),
    "the claim of a job that says prebuild too": claimFacts({ workspace: { isPrebuild: true } }),
    start: jobFacts(),
    stop: jobFacts({ transition: "stop" }),
    destroy: jobFacts({ transition: "destroy" }),
  };

  test.each<[keyof typeof stages, object]>([
    [
      "prebuild",
      { name: "prebuild-x7", start_count: 1, is_prebuild: true, prebuild_count: 1, is_prebuild_claim: false },
    ],
    ["claim", { name: "dev", start_count: 1, is_prebuild: false, prebuild_count: 0, is_prebuild_claim: true }],
    ["the claim of a job that says prebuild too", { is_prebuild: false, prebuild_count: 0, is_prebuild_claim: true }],
    ["start", { transition: "start", start_count: 1, is_prebuild: false, is_prebuild_claim: false }],
    ["stop", { transition: "stop", start_count: 0, prebuild_count: 0 }],
    ["destroy", { transition: "destroy", start_count: 0 }],
  ])("says of %s what the real provider would", (stage, expected) => {
    expect(read("coder_workspace", stages[stage])).toMatchObject(expected);
  });

  test("says all of a start, with what it told of its owner before 2.0", () => {
    expect(read("coder_workspace")).toEqual({
      id: "0b8f1c52-aaaa-4bbb-8ccc-ddddeeeeffff",
      name: "dev",
      transition: "start",
      start_count: 1,
      prebuild_count: 0,
      is_prebuild: false,
      is_prebuild_claim: false,
      template_id: "5f0c4f5e-0000-4000-8000-000000000001",
      template_name: "docker",
      template_version: "v7",
      access_url: "https://prewarm.example.com",
      access_port: 443,
      owner: "ada",
      owner_id: "c0ffee00-0000-4000-8000-000000000002",
      owner_name: "Ada Lovelace",
      owner_email: "ada@example.com",
      owner_groups: ["Everyone", "staff"],
      owner_oidc_access_token: "",
      owner_session_token: "session-of-ada",
    });
  });

  test.each([
    ["http://localhost:3000", 3_000],
    ["http://prewarm.example.com", 80],
    ["https://prewarm.example.com", 443],
    ["https://[::1]:8443", 8_443],
  ])("has of %s the port %d", (accessUrl, port) => {
    expect(read("coder_workspace", jobFacts({ accessUrl }))).toMatchObject({
      access_url: accessUrl,
      access_port: port,
    });
  });

  test("needs a template's id, name and version in a build, and not at an import", () => {
    const draft: FactsDraft = { workspace: { templateId: "", templateName: "", templateVersion: "" } };
    expect(() => read("coder_workspace", jobFacts(draft))).toThrow(
      /error template_id: .*error template_name: .*error template_version: /,
    );
    const { buildId, ...atImport } = jobFacts(draft);
    expect(buildId).toBeDefined();
    expect(read("coder_workspace", atImport)).toMatchObject({ template_id: "", template_name: "" });
  });
});

describe("data.coder_workspace_owner", () => {
  test("says who owns the workspace, with keys, tokens and roles", () => {
    expect(read("coder_workspace_owner")).toEqual({
      id: "c0ffee00-0000-4000-8000-000000000002",
      name: "ada",
      full_name: "Ada Lovelace",
      email: "ada@example.com",
      groups: ["Everyone", "staff"],
      ssh_public_key: "ssh-ed25519 AAAA ada",
      ssh_private_key: "-----BEGIN OPENSSH PRIVATE KEY-----",
      session_token: "session-of-ada",
      oidc_access_token: "",
      login_type: "password",
      rbac_roles: [{ name: "member", org_id: "" }],
    });
  });

  test("has the placeholders of the real provider for what is empty, and leaves an unknown way of signing in unset", () => {
    const nobody = { username: "", name: "", email: "", groups: [], rbacRoles: [], loginType: null };
    expect(read("coder_workspace_owner", jobFacts({ owner: nobody }))).toMatchObject({
      name: "default",
      full_name: "default",
      email: "default@example.com",
      groups: [],
      rbac_roles: [],
      login_type: null,
    });
  });
});

describe("other data sources", () => {
  test("tell the machine of the provisioner in Go's names", () => {
    expect(read("coder_provisioner", jobFacts({ host: { os: "darwin", arch: "arm64" } }))).toMatchObject({
      os: "darwin",
      arch: "arm64",
    });
  });

  test("have an id that is the same with each read, another in another workspace, and a UUID", () => {
    const other = jobFacts({ workspace: { id: "another" } });
    for (const type of ["coder_provisioner", "coder_task", "coder_workspace_tags"]) {
      const id = read(type)["id"];
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(read(type)["id"]).toBe(id);
      expect(read(type, other)["id"]).not.toBe(id);
    }
  });

  test("say that there is no task", () => {
    expect(read("coder_task")).toMatchObject({ prompt: "", enabled: false });
  });

  test("keep tags and orders of scripts as they are written, with defaults", () => {
    expect(read("coder_workspace_tags", jobFacts(), { tags: { zone: "eu" } })).toMatchObject({ tags: { zone: "eu" } });
    expect(read("coder_script_order", jobFacts(), { rule: [{ run: ["a"], after: ["b"] }] })).toMatchObject({
      rule: [{ run: ["a"], after: ["b"], requires: "success", phase: null }],
    });
  });

  test("give the token of a linked account, by both names, and an empty one where there is none", () => {
    const facts = jobFacts({ externalAuthTokens: { github: "gh-token" } });
    for (const type of ["coder_external_auth", "coder_git_auth"]) {
      expect(read(type, facts, { id: "github" })).toMatchObject({ id: "github", access_token: "gh-token" });
      expect(read(type, facts, { id: "gitlab" })).toMatchObject({ access_token: "" });
      expect(read(type, facts, { id: "constructor" })).toMatchObject({ access_token: "" });
    }
  });
});

describe("data.coder_secret", () => {
  const env = { help_message: "Set TOKEN in your settings.", env: "TOKEN" };
  const file = { help_message: "Upload it.", file: "~/my-cert.pem" };
  const facts = jobFacts({ secretEnvs: { TOKEN: "s3cret" }, secretFiles: { "~/my-cert.pem": "PEM" } });

  test("gives what is set, by variable and by file", () => {
    expect(read("coder_secret", facts, env)).toMatchObject({ id: "env:TOKEN", value: "s3cret" });
    expect(read("coder_secret", facts, file)).toMatchObject({ id: "file:~/my-cert.pem", value: "PEM" });
  });

  test("is refused in a start that has none, in the template's own words and at its attribute", () => {
    expect(() => read("coder_secret", jobFacts(), env)).toThrow(
      "error env: The secret env:TOKEN is missing. Set TOKEN in your settings.",
    );
    expect(() => read("coder_secret", jobFacts(), file)).toThrow("error file: ");
  });

  test("may be missing at a stop, a delete, an import and in a prebuild", () => {
    const { buildId: _, ...atImport } = jobFacts();
    for (const each of [
      jobFacts({ transition: "stop" }),
      jobFacts({ transition: "destroy" }),
      prebuildFacts(),
      atImport,
    ]) {
      expect(read("coder_secret", each, env)).toMatchObject({ value: "" });
    }
  });

  test("that is set to nothing is there", () => {
    expect(read("coder_secret", jobFacts({ secretEnvs: { TOKEN: "" } }), env)).toMatchObject({ value: "" });
  });
});

describe("the template's own address of the server", () => {
  const configured = (provider: AskedProvider, url: unknown) =>
    provider.ask("Configure", { config: { json: Buffer.from(JSON.stringify({ url })) } });

  test("counts before that of the job once it is configured, and no longer without", () => {
    const provider = new AskedProvider(jobFacts());
    configured(provider, "http://other.example.com:81");
    expect(provider.read("coder_workspace")).toMatchObject({
      access_url: "http://other.example.com:81",
      access_port: 81,
    });
    configured(provider, null);
    expect(provider.read("coder_workspace")).toMatchObject({ access_url: "https://prewarm.example.com" });
  });

  test.each(["other.example.com", "/path", "ftp://x", ""])("is refused where it is none: %j", (url) => {
    const provider = new AskedProvider(jobFacts());
    expect(diagnosticsOf(configured(provider, url))).toEqual([expect.stringContaining("error url: ")]);
    expect(provider.read("coder_workspace")).toMatchObject({ access_url: "https://prewarm.example.com" });
  });
});
