import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../../../src/platform/clock.ts";
import { type MemoryLogger, memoryLogger } from "../../../src/platform/logger.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import type { BuildContext, BuildWork, GoneThing } from "../../../src/provisioner/driver.ts";
import { DockerDriver } from "../../../src/provisioner/drivers/docker/docker-driver.ts";
import { buildContext, testDeploymentId } from "../../support/build-context.ts";
import { refused, ScriptedEngine } from "../../support/scripted-engine.ts";
import { waitUntil } from "../../support/wait-until.ts";

let engine: ScriptedEngine;
let folder: string;
let logger: MemoryLogger;
let driver: DockerDriver;
let states: unknown[];
let logged: string[];
const opened: DockerDriver[] = [];

beforeEach(async () => {
  engine = new ScriptedEngine();
  await engine.listen();
  folder = mkdtempSync(path.join(tmpdir(), "pw-docker-"));
  writeFileSync(path.join(folder, "hook.sh"), "echo from the template\n", { mode: 0o755 });
  logger = memoryLogger();
  states = [];
  logged = [];
  driver = await openDriver("daemon-1");
});

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A daemon's driver; the same name is the same daemon, started again. */
async function openDriver(name: string, host = engine.host): Promise<DockerDriver> {
  const settings = { host, certPath: "", isPrivilegedAllowed: false, authFile: "", publishAddress: "127.0.0.1" };
  const root = path.join(folder, name);
  const made = new DockerDriver({ root, settings, logger, random: systemRandom, clock: manualClock() });
  await made.open();
  opened.push(made);
  return made;
}

type Draft = Partial<BuildWork> & { readonly docker?: BuildContext["manifest"]["docker"]; readonly accessUrl?: string };

function context({ docker, accessUrl, ...work }: Draft = {}): BuildContext {
  const made = buildContext({
    workspaceId: work.workspaceId ?? "w1",
    template: folder,
    accessUrl: accessUrl ?? "http://prewarm.example",
    states,
    work: { agents: [{ id: "a1", name: "main", token: "secret-token" }], state: states.at(-1) ?? null, ...work },
  });
  return {
    ...made,
    manifest: {
      driver: "docker",
      agents: [{ name: "main" }],
      parameters: [{ name: "tag" }],
      docker: docker ?? { image: "debian:bookworm" },
    },
    log: (_, __, line) => void logged.push(line),
  };
}

const started = (draft: Draft = {}): Promise<unknown> => driver.apply(context(draft));
const nothingLeft = (): void => {
  expect([...engine.containers.values()].map(({ name }) => name)).toEqual([]);
  expect([...engine.volumes.keys()]).toEqual([]);
};

describe("a start", () => {
  test("stores its state before anything is made, and makes volumes and container by derived, labelled names", async () => {
    engine.before = (request) => {
      if (request.method === "POST") expect(states).toHaveLength(1);
      return undefined;
    };
    const report = await started({
      docker: { image: "debian:bookworm", volumes: [{ name: "cache", path: "/cache" }] },
    });
    expect(states[0]).toMatchObject({
      exists: true,
      engineId: "ENGINE-1",
      container: "prewarm-w1",
      volumes: ["prewarm-w1-home", "prewarm-w1-cache"],
    });
    expect([...engine.volumes.keys()]).toEqual(["prewarm-w1-home", "prewarm-w1-cache"]);
    const container = engine.container("prewarm-w1");
    expect(container).toMatchObject({ isRunning: true, starts: 1 });
    expect(container.labels).toMatchObject({ "dev.prewarm.workspace": "w1", "dev.prewarm.build": "build-1" });
    expect(report).toMatchObject({
      phases: ["pull", "create", "prepare", "start", "agent"].map((phase) => ({ phase })),
      resources: [
        { address: "docker_container.workspace", name: "prewarm-w1", attributes: { image: "debian:bookworm" } },
        { address: "docker_volume.home", attributes: { path: "/home/workspace" } },
        { address: "docker_volume.cache", attributes: { path: "/cache" } },
      ],
    });
  });

  test("gives the token to a file of the container's user, and to nothing that Docker shows", async () => {
    await started({ docker: { image: "debian:bookworm", user: "dev" } });
    const { archives, body } = engine.container("prewarm-w1");
    expect(JSON.stringify(body)).not.toContain("secret-token");
    const text = archives[0]?.toString("latin1") ?? "";
    expect(text).toContain("secret-token");
    expect(text).toContain("echo from the template");
    // Mode, owner and group, in octal, as the header of the token's file has them.
    const head = text.slice(text.indexOf("home/workspace/.prewarm/main/token"));
    expect(head.slice(100, 124).replaceAll(/[ \0]+/g, " ")).toBe("000600 001750 001751 ");
    expect(logged.join("\n")).not.toContain("secret-token");
  });

  test("makes volumes that belong to root its user's, with the mode they have, and leaves others", async () => {
    const volumes = ["a", "b", "c"].map((name) => ({ name, path: `/${name}`, read_only: name === "c" }));
    engine.volumeOwners.set("/b", 70);
    await started({ docker: { image: "debian:bookworm", user: "dev", volumes } });
    const text = engine.container("prewarm-w1").archives[0]?.toString("latin1") ?? "";
    const ownerOf = (name: string): string =>
      text
        .slice(text.indexOf(name))
        .slice(100, 116)
        .replaceAll(/[ \0]+/g, " ");
    expect(ownerOf("home/workspace/")).toBe("000750 001750 ");
    expect(ownerOf("a/\0")).toBe("000750 001750 ");
    expect(text).not.toMatch(/(^|\0)[bc]\/\0/);
  });

  test("refuses a user that the image does not have", async () => {
    const docker = { image: "debian:bookworm", user: "nobody-here" };
    await expect(started({ docker })).rejects.toMatchObject({
      code: "build_failed",
      message: expect.stringMatching(/nobody-here/),
    });
  });

  test("that is repeated takes up what is there, and starts nothing twice", async () => {
    await started();
    await started();
    expect(engine.container("prewarm-w1").starts).toBe(1);
    expect(engine.changes().filter((change) => change === "POST /containers/create")).toHaveLength(1);
  });

  test.each([
    ["another build", { buildId: "build-2" }],
    // As after a backup was restored.
    ["the same with other agents", { agents: [{ id: "another", name: "main", token: "another-token" }] }],
  ])("after %s replaces the container and keeps the volumes", async (_, work) => {
    await started();
    const before = engine.container("prewarm-w1").id;
    await started(work);
    expect(engine.container("prewarm-w1").id).not.toBe(before);
    expect(engine.changes().some((change) => change.startsWith("DELETE /volumes"))).toBe(false);
  });

  test("whose answer was lost after the container was made is finished by the next try", async () => {
    engine.after = (request) => (request.path === "/containers/create" ? "cut" : undefined);
    await expect(started()).rejects.toMatchObject({ code: "transient" });
    engine.after = () => undefined;
    await started();
    expect(engine.containers.size).toBe(1);
    expect(engine.container("prewarm-w1").isRunning).toBe(true);
  });

  test("stops before its next effect when it is aborted", async () => {
    const abort = new AbortController();
    engine.after = (request) => {
      if (request.path === "/volumes/create") abort.abort();
      return undefined;
    };
    await expect(driver.apply({ ...context(), abort: abort.signal })).rejects.toThrow();
    expect(engine.containers.size).toBe(0);
  });

  test("fails with what the container said when no agent can run in it", async () => {
    engine.start = { lines: ["prewarm: this system has no glibc"], exitCode: 69 };
    await expect(started()).rejects.toMatchObject({
      code: "build_failed",
      message: "No agent can run in this image: prewarm: this system has no glibc",
    });
  });

  test("goes on without a disk limit where the storage has none, and says so", async () => {
    engine.before = (request) =>
      request.path === "/containers/create" && request.body.includes("StorageOpt")
        ? refused(400, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
        : undefined;
    await started({ docker: { image: "debian:bookworm", disk: "1GiB" } });
    expect(logged.join("\n")).toContain("docker.disk is passed over");
    expect(engine.container("prewarm-w1").isRunning).toBe(true);
  });

  test("with a read-only root brings its files in through a container that is never started", async () => {
    await started({ docker: { image: "debian:bookworm", read_only: true } });
    const changes = engine.changes();
    expect(changes.some((change) => change === "PUT /containers/prewarm-w1-files/archive")).toBe(true);
    expect([...engine.containers.values()].map(({ name }) => name)).toEqual(["prewarm-w1"]);
  });
});

describe("an image", () => {
  const docker = { image: "team/app:${parameters.tag}", pull: "missing" as const };
  const parameters = { tag: "2" };

  test("is pulled when it is missing, with the engine's progress in the log", async () => {
    engine.pullLines = [
      { status: "Pulling from team/app", id: "2" },
      { status: "Downloading", id: "layer", progressDetail: { current: 1, total: 2 } },
      { status: "Status: Downloaded newer image" },
    ];
    await started({ docker, parameters });
    expect(logged).toEqual(expect.arrayContaining(["pulling team/app:2", "Pulling from team/app"]));
    await started({ docker, parameters, buildId: "build-2" });
    expect(engine.changes().filter((change) => change === "POST /images/create")).toHaveLength(1);
  });

  test("that cannot be pulled fails the build with the registry's words", async () => {
    engine.pullLines = [{ error: "manifest for team/app:2 not found: manifest unknown" }];
    await expect(started({ docker, parameters })).rejects.toMatchObject({
      code: "build_failed",
      message: expect.stringMatching(/manifest unknown/),
    });
  });

  test("that may not be pulled fails the build when it is not there", async () => {
    const never = { ...docker, pull: "never" as const };
    await expect(started({ docker: never, parameters })).rejects.toMatchObject({ code: "build_failed" });
    expect(engine.changes()).toEqual([]);
  });
});

describe("a stop", () => {
  test("removes the container and keeps the volumes, for the next start", async () => {
    await started();
    await driver.apply(context({ transition: "stop" }));
    expect(engine.containers.size).toBe(0);
    expect([...engine.volumes.keys()]).toEqual(["prewarm-w1-home"]);
  });

  test("leaves the container the time to end that it was made with, at least 10 s", async () => {
    await started();
    expect(engine.container("prewarm-w1").body).toMatchObject({ StopTimeout: 10 });
    await driver.apply(context({ transition: "stop" }));
    const stop = engine.requests.find(({ path: asked }) => asked.endsWith("/stop"));
    expect([...(stop?.query.keys() ?? ["no stop"])], "a time of its own would go before").toEqual([]);
  });
});

describe("a claim", () => {
  test("changes nothing", async () => {
    await started();
    const before = engine.changes().length;
    await driver.apply(context({ stage: "claim" }));
    expect(engine.changes()).toHaveLength(before);
    expect(driver.capabilities()).toEqual({ claimEffect: "none" });
  });

  test("of a container that is gone fails, with what to do", async () => {
    await expect(driver.apply(context({ stage: "claim" }))).rejects.toMatchObject({
      code: "build_failed",
      next: expect.stringContaining("Start the workspace"),
    });
  });
});

describe("a delete", () => {
  test("removes containers and volumes, also of earlier versions of the template, and may be repeated", async () => {
    await started({ docker: { image: "debian:bookworm", volumes: [{ name: "old", path: "/old" }] } });
    await started({ buildId: "build-2" });
    await driver.destroy(context({ transition: "delete" }));
    nothingLeft();
    expect(states.at(-1)).toMatchObject({ exists: false });
    await driver.destroy(context({ transition: "delete" }));
  });

  test("of a workspace of which nothing was ever made is done at once", async () => {
    await driver.destroy(context({ transition: "delete" }));
    expect(engine.changes()).toEqual([]);
  });

  test("leaves other workspaces and strangers alone", async () => {
    await started();
    await started({ workspaceId: "w2", state: null });
    // The state is the other one's: what it names is not this workspace's, and stays.
    await driver.destroy(context({ transition: "delete" }));
    expect([...engine.volumes.keys()]).toEqual(["prewarm-w2-home"]);
    expect(engine.container("prewarm-w2").isRunning).toBe(true);
  });

  test("finds by its labels what stands under another name", async () => {
    await started();
    engine.volumes.set("astray", { "dev.prewarm.workspace": "w1" });
    await driver.destroy(context({ transition: "delete" }));
    nothingLeft();
  });

  test("is not done while the engine fails, and is done by the next try", async () => {
    await started();
    engine.before = (request) => (request.path.startsWith("/volumes/") ? refused(500, "it broke") : undefined);
    await expect(driver.destroy(context({ transition: "delete" }))).rejects.toMatchObject({ code: "transient" });
    engine.before = () => undefined;
    await driver.destroy(context({ transition: "delete" }));
    nothingLeft();
  });

  test("whose answers are lost although the work was done is done by the next try", async () => {
    await started();
    engine.after = (request) => (request.method === "DELETE" ? "cut" : undefined);
    for (let round = 0; round < 2; round += 1) {
      await expect(driver.destroy(context({ transition: "delete" }))).rejects.toMatchObject({ code: "transient" });
    }
    await driver.destroy(context({ transition: "delete" }));
    nothingLeft();
  });

  test("that is told not-found of another id does not take it for gone (S15)", async () => {
    await started();
    let answers = 2;
    engine.before = (request) =>
      request.method === "DELETE" && answers-- > 0 ? refused(404, "No such container: some-other-id") : undefined;
    // Whether it tries again by itself or leaves that to its caller: it never calls gone what is there.
    for (let round = 0; round < 3; round += 1) {
      const outcome = await driver.destroy(context({ transition: "delete" })).catch((error: unknown) => error);
      if (outcome === undefined) break;
    }
    nothingLeft();
  });

  test("is retried while a removal is in progress, until the engine lists nothing", async () => {
    await started();
    let refusals = 3;
    engine.before = (request) =>
      request.method === "DELETE" && request.path.startsWith("/containers/") && refusals-- > 0
        ? refused(409, "removal of container is already in progress")
        : undefined;
    await driver.destroy(context({ transition: "delete" }));
    nothingLeft();
  });
});

describe("another daemon", () => {
  test("deletes what this one made, when it has the same Docker host", async () => {
    await started();
    driver = await openDriver("daemon-2");
    await driver.destroy(context({ transition: "delete" }));
    nothingLeft();
  });

  test("does not call gone what is on another Docker host", async () => {
    await started();
    const elsewhere = new ScriptedEngine();
    elsewhere.engineId = "ENGINE-2";
    await elsewhere.listen();
    driver = await openDriver("daemon-2", elsewhere.host);
    await expect(driver.destroy(context({ transition: "delete" }))).rejects.toMatchObject({
      code: "transient",
      next: expect.stringContaining("tag"),
    });
    await elsewhere.close();
  });

  test("lists what is there by the deployment's mark, whichever daemon made it", async () => {
    await started();
    const found = { workspaceId: "w1", detail: "a container (running), a volume", deploymentId: testDeploymentId };
    expect(await driver.list()).toEqual([{ ...found, isPartial: false }]);
    expect(await (await openDriver("daemon-2")).list()).toEqual([{ ...found, isPartial: false }]);
    await driver.apply(context({ transition: "stop" }));
    expect(await driver.list()).toEqual([{ ...found, detail: "a volume", isPartial: true }]);
  });

  test("takes what was marked with a daemon's folder for unmarked", async () => {
    const [state] = (await started().then(() => states)) as readonly [{ readonly daemon: string }];
    engine.volumes.set("old", { "dev.prewarm.workspace": "w0", "dev.prewarm.deployment": state.daemon });
    expect(await driver.list()).toContainEqual({
      workspaceId: "w0",
      detail: "a volume",
      deploymentId: undefined,
      isPartial: true,
    });
  });

  test("knows what a state says that was stored before its field was called `daemon`", async () => {
    await started();
    const { daemon, ...rest } = states.at(-1) as { readonly daemon: string };
    engine.engineId = "ENGINE-2";
    await driver.destroy(context({ transition: "delete", state: { ...rest, deployment: daemon } }));
    nothingLeft();
  });
});

describe("the removal of a stranger", () => {
  test("takes its containers and volumes, and nothing that carries the mark of another deployment", async () => {
    await started();
    engine.volumes.set("theirs", { "dev.prewarm.workspace": "w1", "dev.prewarm.deployment": "another" });
    await driver.remove("w1", new AbortController().signal, "a third");
    expect([engine.containers.size, engine.volumes.size]).toEqual([1, 2]);
    await driver.remove("w1", new AbortController().signal, testDeploymentId);
    expect([engine.containers.size, [...engine.volumes.keys()]]).toEqual([0, ["theirs"]]);
  });
});

describe("without Docker", () => {
  test("the driver is unavailable, and says why and what to do, until Docker is there", async () => {
    await engine.close();
    engine = new ScriptedEngine();
    await expect(openDriver("daemon-3", engine.host)).rejects.toMatchObject({
      code: "driver_unavailable",
      message: expect.stringMatching(/not installed or not started/),
      next: expect.stringContaining("provisioner.docker_host"),
    });
    await engine.listen();
    await openDriver("daemon-3", engine.host);
  });
});

describe("a container that is removed behind our back", () => {
  const event = (workspaceId: string): unknown => ({
    Type: "container",
    Action: "destroy",
    Actor: {
      Attributes: {
        "dev.prewarm.workspace": workspaceId,
        "dev.prewarm.build": "build-1",
        name: `prewarm-${workspaceId}`,
      },
    },
  });
  const warned = (workspaceId: string): boolean =>
    logger.entries.some(
      ({ message, fields }) => /behind our back/.test(message) && fields["workspaceId"] === workspaceId,
    );

  test("is told, and one that we are removing, or that is there again, is not", async () => {
    const gone: GoneThing[] = [];
    driver.watch((thing) => void gone.push(thing));
    await waitUntil("the driver listens", () => engine.listeners > 0);
    await started();
    engine.before = (request) => {
      if (request.method === "DELETE" && request.path.startsWith("/containers/")) engine.emit(event("w1"));
      return undefined;
    };
    await driver.destroy(context({ transition: "delete" }));
    await started({ workspaceId: "w3" });
    engine.emit(event("w3"));
    engine.emit(event("w2"));
    await waitUntil("the removed one is told", () => gone.length > 0);
    expect(gone).toEqual([{ workspaceId: "w2", buildId: "build-1", detail: "its container" }]);
    expect([warned("w1"), warned("w2")]).toEqual([false, true]);
  });
});

describe("a server that listens on loopback alone", () => {
  let server: Server;
  let port = 0;
  beforeEach(async () => {
    server = createServer((_, answer) => void answer.end("the server"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const relayed = (): string => {
    const text = engine.container("prewarm-w1").archives[0]?.toString("latin1") ?? "";
    return /PREWARM_URL='([^']+)'/.exec(text)?.[1] ?? "";
  };

  test("is reached by a relay on Docker's bridge, at the same address after a restart of the daemon", async () => {
    await started({ accessUrl: `http://127.0.0.1:${port}` });
    const url = relayed();
    expect(url).not.toContain(`:${port}`);
    expect(await (await fetch(url)).text()).toBe("the server");
    await driver.close();
    await expect(fetch(url)).rejects.toThrow();
    await openDriver("daemon-1");
    expect(await (await fetch(url)).text()).toBe("the server");
  });

  test("that speaks TLS is refused, with what to do", async () => {
    await expect(started({ accessUrl: "https://localhost" })).rejects.toMatchObject({
      code: "build_failed",
      next: expect.stringContaining("access_url"),
    });
  });

  test("is left alone when it has another address", async () => {
    await started();
    expect(relayed()).toBe("http://prewarm.example");
    expect(engine.container("prewarm-w1").body).toMatchObject({ HostConfig: { ExtraHosts: [] } });
  });
});
