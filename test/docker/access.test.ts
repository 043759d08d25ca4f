// Getting into a container that has musl and little else, as a user other than root, and with a home that is read-only.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { askApp } from "../support/app-client.ts";
import { appHost } from "../support/app-host.ts";
import { docker, importImage, removeImage, thingsOf } from "../support/docker-image.ts";
import { OpenSshClient } from "../support/openssh-client.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const image = `prewarm-test-${process.pid}-bare:1`;
const testLimitMs = 240_000;
const host = "prewarm.bare";
const server = new WholeServer({ PREWARM_PROVISIONER_DRIVERS: "docker", PREWARM_PREBUILDS_FAILED_KEPT: "0" });
let daemon = "";
let token = "";
let client: OpenSshClient;

const template = `
driver: docker
presets: [ { name: one, default: true, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    hooks:
      start: { run: "httpd -p 127.0.0.1:8080 -h /etc" }
docker:
  image: ${image}
  pull: never
  user: dev
  home: /home/dev
  read_only: true
`;

beforeAll(async () => {
  importImage({ name: image, hasGlibc: false, hasNode: true });
  await server.start();
  daemon = readFileSync(path.join(server.folder, "data/provisioner/docker/deployment-id"), "utf8").trim();
  const pushed = await server.push("bare", { "template.yaml": template });
  expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
  await waitUntil(
    "a prebuild is claimed",
    async () => (await server.run("create bare --template bare --mode warm_only")).exitCode === 0,
    testLimitMs,
  );
  token = /^pw\S+$/m.exec(await server.must("tokens create tests"))?.[0] ?? "";
  client = new OpenSshClient({ folder: server.folder, url: server.url, token });
  expect((await client.run("prewarm", ["config-ssh"])).code).toBe(0);
}, testLimitMs);

afterAll(async () => {
  await server.run("delete bare --yes");
  await server.run("templates delete bare --yes");
  await waitUntil("nothing of ours is left", () => thingsOf(daemon).length === 0, 60_000).catch(() => undefined);
  await server.end("SIGTERM");
  await server.close();
  const left = thingsOf(daemon);
  for (const name of left) docker(name.endsWith("-home") ? "volume" : "container", "rm", "--force", name);
  removeImage(image);
  expect(left, "left behind by this suite").toEqual([]);
}, testLimitMs);

function localFile(name: string, text: string): string {
  const file = path.join(server.folder, name);
  writeFileSync(file, text);
  return file;
}

test("commands, shells, files, ports and apps of it are reached", { timeout: testLimitMs }, async () => {
  const asked = await client.run("ssh", [host, 'id -u; echo "$HOME"; pwd; exit 3']);
  expect(asked).toEqual({ code: 3, stdout: "1000\n/home/dev\n/home/dev\n", stderr: "" });
  // There is no terminal without a glibc that everybody uses; a shell without one reads what it is told.
  const refused = await client.run("ssh", ["-tt", host, "true"]);
  expect([refused.code, refused.stderr]).toEqual([255, expect.stringContaining("PTY allocation request failed")]);
  expect((await client.run("ssh", ["-T", host], { input: "echo on-a-$((6*7))\n" })).stdout).toContain("on-a-42\n");

  const file = localFile("one", "by scp");
  expect(await client.run("scp", [file, `${host}:one`])).toMatchObject({ code: 0 });
  await server.must(["cp", localFile("two", "by cp"), "bare:two"]);
  expect((await client.run("ssh", [host, "cat one two"])).stdout).toBe("by scpby cp");
  await server.must(["cp", "bare:one", "back"]);
  expect(readFileSync(path.join(server.folder, "back"), "utf8")).toBe("by scp");

  const over = await client.run("ssh", ["-W", "localhost:8080", host], { input: "GET /passwd HTTP/1.0\r\n\r\n" });
  expect(over.stdout).toContain("dev:x:1000");
  const { id } = JSON.parse(await server.must("show bare --json"));
  const answer = await askApp({
    url: server.url,
    host: appHost(8080, id, server.url),
    path: "/passwd",
    headers: { authorization: `Bearer ${token}` },
  });
  expect([answer.status, String(answer.body)]).toEqual([200, expect.stringContaining("dev:x:1000")]);
});

test("what editors miss in it is said, without a program being run there", { timeout: testLimitMs }, async () => {
  const said = await server.run("doctor --workspace bare");
  expect(said.exitCode).toBe(1);
  for (const words of [
    "The image has musl, and the editor's programs are made for glibc 2.28 or newer.",
    "There is no libstdc++.so.6.",
    "bash is not there.",
    "→ Install ca-certificates in the image.",
    "commands run as user 1000",
    "Terminals are refused: ",
  ]) {
    expect(said.output).toContain(words);
  }
  // Zed's server leans on nothing, and its home takes files though the rest of the container does not.
  expect(await server.run("doctor --workspace bare --ide zed")).toMatchObject({ exitCode: 0 });
  const explained = await waitUntil("a prebuild has told the same of its pool", async () => {
    const { output } = await server.run("prebuilds explain bare/one");
    return output.includes("Editors, by what agent main") ? output : undefined;
  });
  expect(explained).toContain("All is there for Zed.");
});

test("with a home that is read-only all of it works but what is written there, which is said", {
  timeout: testLimitMs,
}, async () => {
  await server.must(["exec", "bare", "--", "chmod", "555", "/home/dev"]);
  onTestFinished(async () => {
    await server.run(["exec", "bare", "--", "chmod", "755", "/home/dev"]);
  });
  expect(await client.run("ssh", [host, "exit 3"])).toMatchObject({ code: 3, stderr: "" });
  const file = localFile("three", "to the temporary folder");
  expect(await client.run("scp", [file, `${host}:/tmp/three`])).toMatchObject({ code: 0 });
  await server.must(["cp", "bare:/tmp/three", "three-back"]);
  const refused = await client.run("scp", [file, `${host}:three`]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Permission denied")]);
  const copied = await server.run(["cp", file, "bare:three"]);
  expect([copied.exitCode, copied.output]).toEqual([
    1,
    expect.stringContaining("/home/dev/three: permission is denied"),
  ]);
  const said = await server.run("doctor --workspace bare --ide zed");
  expect([said.exitCode, said.output]).toEqual([
    1,
    expect.stringContaining("Nothing can be written to /home/dev: EACCES."),
  ]);
  await server.must("stop bare");
  await server.must("start bare");
  expect(await client.run("ssh", [host, "echo again"])).toMatchObject({ code: 0, stdout: "again\n" });
});
