// Which files of a template look like secrets, and which only sound like it.
import { describe, expect, test } from "vitest";
import { secretWarning, warningText } from "../../../src/contracts/secret-files.ts";

/** As npm writes a variable of the environment. */
const npmVariable = `$${"{NPM_TOKEN}"}`;
const begin = (kind: string): string => `-----BEGIN ${kind}-----`;
const key = begin("OPENSSH PRIVATE KEY");
const certificate = `${begin("CERTIFICATE")}\nMIIB\n`;

describe("a file is named with what it looks like", () => {
  test.each([
    [".env", "A=1\n", null, "secrets of an environment"],
    ["app/.env.production", "", null, "secrets of an environment"],
    ["tls/server.pem", "", null, "a private key"],
    ["both.pem", `${certificate}${begin("PRIVATE KEY")}\n`, null, "a private key"],
    ["id_ed25519", "", null, "private key of an SSH client"],
    ["keys/ID_RSA", "", null, "private key of an SSH client"],
    ["store.p12", "", null, "store of private keys"],
    [".aws/config", "", null, "credentials of AWS"],
    ["home/.kube/config", "", null, "credentials of a cluster"],
    [".docker/config.json", "{}", null, "image registries"],
    ["credentials", "", null, "holds credentials"],
    [".npmrc", "color=false\n//r.test/:_authToken=abc\n", 2, "a registry's token"],
    ["terraform.tfvars", "", null, "Terraform's variables"],
    ["prod.auto.tfvars.json", "", null, "Terraform's variables"],
    ["terraform.tfstate", "{}", null, "a state of Terraform"],
    ["terraform.tfstate.backup", "{}", null, "a state of Terraform"],
    ["bin/setup", `#!/bin/sh\ncat <<end\n  ${key}\nMIIE\nend\n`, 3, "holds a private key"],
    ["account.json", `{\n  "private_key": "${begin("PRIVATE KEY")}\\nMIIE"\n}`, 2, "holds a private key"],
    ["windows.txt", `${begin("RSA PRIVATE KEY")}\r\nMIIE\r\n`, 1, "holds a private key"],
  ])("%s", (file, text, line, reason) => {
    expect(secretWarning(file, text)).toEqual({ file, line, reason: expect.stringContaining(reason) as string });
  });
});

describe("what is no secret is passed over", () => {
  test.each([
    [".env.example", "A=\n"],
    ["environment", "A=1\n"],
    ["authority.pem", certificate],
    ["public.pem", `${begin("PUBLIC KEY")}\n`],
    ["id_ed25519.pub", "ssh-ed25519 AAAA\n"],
    ["kube/config", ""],
    ["credentials.tf", ""],
    [".npmrc", `//r.test/:_authToken=${npmVariable}\n; _authToken=old\n`],
    ["variables.tf", 'variable "token" {}\n'],
    [".terraform.lock.hcl", ""],
    ["bin/check", `grep -q "${key}" file\n`],
    ["README.md", `A key begins with \`${key}\`.\n`],
  ])("%s", (file, text) => {
    expect(secretWarning(file, text)).toBeNull();
  });
});

test("a warning is one line with its place, and says what to do", () => {
  const warning = secretWarning("a/b", `\n${key}\n`);
  expect(warning === null ? "" : warningText(warning)).toMatch(
    /^a\/b:2: it holds a private key\. .+ `\.prewarmignore`\.$/,
  );
});
