// The script that templates of Coder's embed in `sh -c '…'`, cloud-init, manifests and what not.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  coderInitScript,
  coderProgramScript,
  coderStartScript,
} from "../../../src/provisioner/coder-provider/init-script.ts";

const script = coderInitScript("linux", "amd64");
const replaced = script.replaceAll("${ACCESS_URL}", "http://localhost:7080/").replaceAll("${AUTH_TYPE}", "token");
const userDataBytesMax = 16_384;

const shells = ["/bin/sh", "/bin/dash", "/bin/bash", "/bin/busybox"].filter((shell) => existsSync(shell));

function syntaxError(shell: string, text: string): string {
  const words = shell.endsWith("busybox") ? ["sh", "-n"] : ["-n"];
  return spawnSync(shell, words, { input: text, encoding: "utf8" }).stderr;
}

test("there is one for linux by Go's names of its architectures, and an empty one for what has no agent", () => {
  for (const arch of ["amd64", "arm64", "armv7"]) expect(coderInitScript("linux", arch), arch).toBe(script);
  for (const [os, arch] of [
    ["windows", "amd64"],
    ["darwin", "arm64"],
    ["linux", "x64"],
    ["linux", ""],
  ] as const) {
    expect(coderInitScript(os, arch), `${os}/${arch}`).toBe("");
    expect(coderProgramScript(os, arch, "http://localhost/"), `${os}/${arch}`).toBe("");
  }
});

test("nothing in it ends a quoted word of a shell, or is an escape of Kubernetes, or leans on a column", () => {
  expect(script).not.toContain("'");
  expect(script).not.toContain("$$");
  expect(script).not.toMatch(/\$\([A-Za-z_]\w*\)/);
  expect(script).not.toContain("<<");
  expect(script).not.toContain("\\");
  expect(script).not.toMatch(/[^\n -~]/);
});

test("its first line is the interpreter alone", () => {
  expect(script.split("\n")[0]).toBe("#!/bin/sh");
});

test("nothing in it is of one build, and it is not called differently a second time", () => {
  expect(script).not.toMatch(/PREWARM_(?!KEPT)\w|[0-9a-f]{8}-[0-9a-f]{4}/);
  expect(coderInitScript("linux", "amd64")).toBe(script);
});

test("it is short enough for a machine's user data, as base64 too", () => {
  expect(Buffer.from(replaced).toString("base64").length).toBeLessThan(userDataBytesMax / 4);
});

test("what is to be replaced stands in it literally", () => {
  expect(script).toContain('CODER_AGENT_URL="${ACCESS_URL}"');
  expect(script).toContain('CODER_AGENT_AUTH="${AUTH_TYPE}"');
  // As templates do for containers on the machine of the server.
  const inContainer = replaced.replaceAll(/localhost|127\.0\.0\.1/g, "host.docker.internal");
  expect(inContainer).toContain('CODER_AGENT_URL="http://host.docker.internal:7080/"');
  expect(inContainer).not.toContain("localhost");
});

describe.each(shells)("%s reads", (shell) => {
  test.each([
    ["the init script", replaced],
    ["the init script within a quoted word", `sudo -u dev sh -c '${replaced}'\n`],
    ["the init script behind another command", `export CODER_AGENT_TOKEN=secret; ${replaced}`],
    ["the init script indented by cloud-init", replaced.replaceAll(/^/gm, "      ")],
    ["the start script", coderStartScript()],
    ["the program", coderProgramScript("linux", "arm64", "http://localhost:7080/")],
  ])("%s", (_, text) => {
    expect(syntaxError(shell, text)).toBe("");
  });
});

test("the program does what `agent` says and refuses every other command", () => {
  const text = coderProgramScript("linux", "amd64", "http://localhost:7080/");
  const refused = spawnSync("sh", ["-s", "login"], { input: text, encoding: "utf8" });
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("not offered by Prewarm") });
});
