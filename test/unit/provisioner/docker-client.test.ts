import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addressText, engineAddress } from "../../../src/provisioner/drivers/docker/engine-address.ts";
import { EngineClient } from "../../../src/provisioner/drivers/docker/engine-client.ts";
import { imageReference, registryHeaders } from "../../../src/provisioner/drivers/docker/registry-auth.ts";
import { firstFileOf, tarOf } from "../../../src/provisioner/drivers/docker/tar-entry.ts";
import { refused, ScriptedEngine } from "../../support/scripted-engine.ts";

let engine: ScriptedEngine;
let client: EngineClient;
beforeEach(async () => {
  engine = new ScriptedEngine();
  await engine.listen();
  client = new EngineClient(engineAddress(engine.host, ""));
});
afterEach(() => engine.close());

const info = { method: "GET", path: "/info" } as const;

describe("the version of the API", () => {
  test("is the engine's when it is older than ours, and asked for once", async () => {
    await client.call(info);
    await client.call(info);
    expect(engine.requests.map(({ path: asked, version }) => `${version} ${asked}`)).toEqual([
      " /_ping",
      "1.41 /info",
      "1.41 /info",
    ]);
  });

  test("is ours when the engine is newer", async () => {
    engine.apiVersion = "1.99";
    await client.call(info);
    expect(engine.requests.at(-1)?.version).toBe("1.47");
  });

  test("is refused when the engine is too old, with what to do", async () => {
    engine.apiVersion = "1.24";
    await expect(client.call(info)).rejects.toMatchObject({ message: expect.stringContaining("1.40 is needed") });
  });

  test("is missing where something else listens", async () => {
    engine.apiVersion = null;
    await expect(client.call(info)).rejects.toMatchObject({ message: expect.stringContaining("no Docker Engine") });
  });
});

describe("a refusal of the engine", () => {
  test.each([
    [500, "no space left on device", "capacity"],
    [500, "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated", "capacity"],
    [500, "something broke", "transient"],
    [409, "removal is already in progress", "transient"],
    [500, "toomanyrequests: You have reached your pull rate limit", "transient"],
    [400, "OCI runtime create failed: exec: sh: not found", "build_failed"],
    [500, "OCI runtime create failed: exec: sh: not found", "build_failed"],
    [404, "No such network: nowhere", "build_failed"],
  ])("%i %s is %s", async (status, message, code) => {
    engine.before = (request) => (request.path === "/info" ? refused(status, message) : undefined);
    await expect(client.call(info)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("for what does not exist is null where that is asked for", async () => {
    expect(await client.find({ method: "GET", path: "/containers/none/json" })).toBeNull();
  });
});

test("an engine that is not there is told with its address and what to do, and found when it comes", async () => {
  const later = new ScriptedEngine();
  const early = new EngineClient(engineAddress(later.host, ""));
  await expect(early.call(info)).rejects.toMatchObject({
    code: "transient",
    message: expect.stringContaining(`${later.host}: there is no such socket`),
    next: expect.stringContaining("provisioner.docker_host"),
  });
  await later.listen();
  expect(await early.call(info)).toEqual({ ID: "ENGINE-1" });
  await later.close();
});

test("a connection that is cut is an error that may pass", async () => {
  engine.before = (request) => (request.path === "/info" ? "cut" : undefined);
  await expect(client.call(info)).rejects.toMatchObject({ code: "transient" });
});

describe("a Docker host", () => {
  test.each([
    ["unix:///run/docker.sock", "unix:///run/docker.sock"],
    ["tcp://docker.example:2999", "tcp://docker.example:2999"],
    ["tcp://docker.example", "tcp://docker.example:2375"],
  ])("%s is read", (text, shown) => {
    expect(addressText(engineAddress(text, ""))).toBe(shown);
  });

  test.each(["docker.sock", "ssh://me@host", "https://docker.example"])("%s is refused", (text) => {
    expect(() => engineAddress(text, "")).toThrow(expect.objectContaining({ code: "config_invalid" }));
  });

  test("with a folder of certificates speaks TLS, and without one of them says which is missing", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "pw-certs-"));
    for (const name of ["ca.pem", "cert.pem"]) writeFileSync(path.join(folder, name), name);
    expect(() => engineAddress("tcp://docker.example", folder)).toThrow(/key\.pem/);
    writeFileSync(path.join(folder, "key.pem"), "key.pem");
    expect(engineAddress("tcp://docker.example", folder)).toEqual({
      kind: "tcp",
      host: "docker.example",
      port: 2376,
      tls: { ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
    });
    rmSync(folder, { recursive: true });
  });
});

describe("an image's name", () => {
  test.each([
    ["debian", "docker.io", "debian", "latest"],
    ["team/app:2", "docker.io", "team/app", "2"],
    ["host.example/app", "host.example", "host.example/app", "latest"],
    ["localhost:5000/app:2", "localhost:5000", "localhost:5000/app", "2"],
    ["host.example/app:2@sha256:ab", "host.example", "host.example/app", "sha256:ab"],
  ])("%s comes from %s", (image, registry, name, tag) => {
    expect(imageReference(image)).toEqual({ registry, name, tag });
  });

  test("finds its registry's credentials in the operator's file, and no other's", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "pw-auth-"));
    const file = path.join(folder, "config.json");
    const auth = Buffer.from("ada:pass:word").toString("base64");
    writeFileSync(file, JSON.stringify({ auths: { "host.example": { auth } } }));
    const headers = await registryHeaders("host.example/app", file);
    expect(JSON.parse(Buffer.from(headers["x-registry-auth"] ?? "", "base64url").toString())).toEqual({
      username: "ada",
      password: "pass:word",
      serveraddress: "host.example",
    });
    expect(await registryHeaders("debian", file)).toEqual({});
    await expect(registryHeaders("debian", path.join(folder, "none"))).rejects.toMatchObject({
      code: "config_invalid",
    });
    rmSync(folder, { recursive: true });
  });
});

test("an archive's entries keep long paths, and its first file is found behind them", () => {
  const owner = { uid: 1, gid: 2 };
  const long = `${"folder/".repeat(60)}file`;
  const archive = tarOf([
    { ...owner, path: "a/", mode: 0o755 },
    { ...owner, path: long, mode: 0o600, content: Buffer.from("x".repeat(1_000)) },
  ]);
  expect(archive.length % 512).toBe(0);
  expect(archive.toString("latin1")).toContain(long);
  expect(firstFileOf(archive).toString()).toBe("x".repeat(1_000));
});
