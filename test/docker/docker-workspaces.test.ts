import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { docker, importImage, removeImage, thingsOf } from "../support/docker-image.ts";
import { processesOf } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

// Names of this run alone: the Docker daemon is everybody's.
const repository = `prewarm-test-${process.pid}`;
const image = `${repository}-glibc:1`;
const muslImage = `${repository}-musl:1`;
const server = new WholeServer({
  PREWARM_PROVISIONER_DRIVERS: "docker",
  PREWARM_PREBUILDS_FAILED_KEPT: "0",
  // A killed daemon's build counts as failed; nobody wants to wait a minute for the next.
  PREWARM_PREBUILDS_BACKOFF_INTERVAL: "100ms",
});
/** What a label of everything that this run makes says. */
let daemon = "";
const readyWithinMs = 120_000;

const template = (docker: string, instances = 1): string => `
driver: docker
parameters:
  - { name: version, type: string, default: "1", options: [{ value: "1" }, { value: "2" }] }
presets:
  - name: small
    default: true
    parameters: { version: "1" }
    prebuilds: { instances: ${instances} }
agents:
  - name: main
    hooks:
      prewarm: { run: 'sh "$PREWARM_TEMPLATE_FOLDER/prepare.sh"' }
      claim: { run: 'echo "$PREWARM_OWNER" > owner' }
docker:
${docker
  .trim()
  .split("\n")
  .map((line) => `  ${line}`)
  .join("\n")}
`;

beforeAll(async () => {
  importImage({ name: image, hasGlibc: true });
  importImage({ name: muslImage, hasGlibc: false });
  await server.start();
  daemon = readFileSync(path.join(server.folder, "data/provisioner/docker/deployment-id"), "utf8").trim();
}, 120_000);

afterAll(async () => {
  await server.end("SIGTERM");
  // The last of them end a moment after the server, on a busy machine.
  await waitUntil("all its processes have ended", () => processesOf(server.folder).length === 0, 5_000).catch(
    () => null,
  );
  const processes = processesOf(server.folder);
  await server.close();
  const left = thingsOf(daemon);
  for (const name of left) {
    const kind = docker("ps", "--all", "--quiet", "--filter", `name=^${name}$`) === "" ? "volume" : "container";
    docker(kind, "rm", "--force", name);
  }
  for (const name of [image, muslImage]) removeImage(name);
  expect({ left, processes }, "left behind by this suite").toEqual({ left: [], processes: [] });
});

async function poolReady(template: string, count = 1): Promise<void> {
  await waitUntil(
    `${count} prebuilds of ${template} are ready`,
    async () => {
      const { prebuilds } = JSON.parse(
        await server.must(`prebuilds list --workspaces --template ${template} --state ready --json`),
      ) as { readonly prebuilds: readonly unknown[] };
      return prebuilds.length >= count;
    },
    readyWithinMs,
  );
}

/** The container of the one workspace that there is. */
function onlyContainer(): string {
  const [name = "", ...more] = thingsOf(daemon).filter((thing) => !thing.endsWith("-home"));
  expect(more).toEqual([]);
  return name;
}

async function removeTemplate(name: string): Promise<void> {
  await server.must(`templates delete ${name} --yes`);
  await waitUntil("nothing of ours is left", () => thingsOf(daemon).length === 0, 60_000);
}

const exec = async (workspace: string, script: string): Promise<string> =>
  (await server.must(["exec", workspace, "--", "sh", "-c", script])).trim();

describe("a template of the docker driver", { timeout: 300_000 }, () => {
  test("fills its pool, is claimed, keeps its home over stop and start, and leaves nothing", async () => {
    const pushed = await server.push("full", {
      "template.yaml": template(`
image: ${repository}-glibc:\${parameters.version}
pull: never
user: dev
home: /home/dev
env: { COLOUR: "green \${parameters.version}" }
cpus: 1.5
memory: 512MiB
pids: 256
ports: [{ container: 3000 }]
volumes: [{ name: cache, path: /var/cache/build }]
`),
      "prepare.sh": 'echo "$COLOUR" > colour\n',
    });
    expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
    await poolReady("full");
    await server.must("create alpha --template full --mode warm_only");
    expect(await exec("alpha", 'cat colour owner; id -u; pwd; echo "$HOME"')).toBe(
      "green 1\nadmin\n1000\n/home/dev\n/home/dev",
    );
    await exec("alpha", "echo kept > mine; echo kept > /var/cache/build/mine; echo lost > /tmp/lost");
    await server.must("stop alpha");
    // The volumes of the stopped one, and the prebuild that took its place in the pool.
    expect(thingsOf(daemon).filter((name) => !/-(home|cache)$/.test(name))).toHaveLength(1);
    await server.must("start alpha");
    // The agent's own socket for git is anew, as all of that folder.
    const others = 'for file in /tmp/*; do case "$file" in /tmp/prewarm-git-*) ;; *) echo "$file" ;; esac; done';
    expect(await exec("alpha", `cat mine /var/cache/build/mine owner; ${others}`)).toBe("kept\nkept\nadmin");
    await server.must("delete alpha --yes");
    await removeTemplate("full");
  });

  test("gives its container the limits and ports that it names, and no capability beyond the few", async () => {
    const section = `
image: ${image}
pull: never
read_only: true
cpus: 1.5
memory: 512MiB
pids: 256
networks: [bridge]
ports: [{ container: 3000 }]
cap_add: [NET_RAW]
`;
    await server.push("limits", { "template.yaml": template(section), "prepare.sh": "echo fine > fine\n" });
    await poolReady("limits");
    const name = onlyContainer();
    // The shape is Docker's own.
    const [found] = JSON.parse(docker("inspect", name)) as readonly [
      { readonly HostConfig: Readonly<Record<string, unknown>>; readonly Config: { readonly Env: readonly string[] } },
    ];
    expect(found.HostConfig).toMatchObject({
      NanoCpus: 1.5e9,
      Memory: 512 * 1_048_576,
      PidsLimit: 256,
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ["ALL"],
      PortBindings: { "3000/tcp": [{ HostIp: "127.0.0.1" }] },
    });
    expect(found.HostConfig["CapAdd"]).toContain("NET_RAW");
    expect(found.Config.Env.join("\n")).not.toMatch(/token/i);
    await server.must("create limited --template limits --mode warm_only");
    expect(await exec("limited", "cat fine; touch /nowhere 2>&1; touch /tmp/here && echo here")).toMatch(
      /^fine\n.*Read-only file system\nhere$/,
    );
    expect(await exec("limited", "grep CapBnd /proc/self/status")).toMatch(/00000000200[0-9a-f]+$/);
    await server.must("delete limited --yes");
    await removeTemplate("limits");
  });

  test("is refused at its publication when it asks for more than the operator allows", async () => {
    const section = `image: ${image}\nprivileged: true\ncap_add: [SYS_ADMIN]\nnetworks: [host]`;
    const pushed = await server.push("greedy", { "template.yaml": template(section) });
    expect(pushed.exitCode).toBe(1);
    for (const field of ["docker.privileged", "docker.cap_add", "docker.networks"]) {
      expect(pushed.output).toContain(field);
    }
    expect(pushed.output).toContain("provisioner.docker_allow_privileged");
  });

  test("fails its builds with the reason when no agent can run in its image", async () => {
    const section = `image: ${muslImage}\npull: never`;
    await server.push("musl", { "template.yaml": template(section, 0) });
    const created = await server.run("create unlucky --template musl");
    expect(created.exitCode).toBe(1);
    expect(created.output).toMatch(/glibc/);
    await server.run("delete unlucky --yes");
    await removeTemplate("musl");
  });

  test("fails its builds with the reason when its image is not there", async () => {
    await server.push("absent", { "template.yaml": template("image: prewarm-test-absent:1\npull: never", 0) });
    const created = await server.run("create absent --template absent");
    expect(created.exitCode).toBe(1);
    expect(created.output).toMatch(/prewarm-test-absent:1 is not on the Docker host/);
    await server.run("delete absent --yes");
    await removeTemplate("absent");
  });
});

describe("what happens behind our back", { timeout: 300_000 }, () => {
  const simple = `image: ${image}\npull: never`;

  test("a prebuild whose container was removed is deleted with its volume, and replaced at once", async () => {
    await server.push("robbed", { "template.yaml": template(simple), "prepare.sh": "" });
    await poolReady("robbed");
    const name = onlyContainer();
    docker("rm", "--force", name);
    await waitUntil(
      "another one took its place, and nothing is left of it",
      () => {
        const things = thingsOf(daemon);
        return things.length === 2 && !things.some((thing) => thing.startsWith(name));
      },
      readyWithinMs,
    );
    expect(server.output).toContain(`container=${name} event=destroy`);
    await poolReady("robbed");
    expect(await server.must("prebuilds explain robbed/small")).not.toMatch(/backoff.*yes/);
    await server.must("create lucky --template robbed --mode warm_only");
    await server.must("delete lucky --yes");
    await removeTemplate("robbed");
  });

  test("a claimed workspace whose container was removed says so, stays, and is made anew on its volume by a start", async () => {
    await server.push("bereft", { "template.yaml": template(simple), "prepare.sh": "" });
    await poolReady("bereft");
    const name = onlyContainer();
    await server.must("create mine --template bereft --mode warm_only");
    await exec("mine", "echo kept > mine");
    docker("rm", "--force", name);
    await waitUntil("its status says so", async () => (await server.must("show mine")).includes("gone from its host"));
    expect(await server.must("list")).toMatch(/mine +running, gone from its host/);
    expect(await server.must("logs mine")).toContain("gone from the host of the provisioner");
    await server.must("start mine");
    expect(await exec("mine", "cat mine")).toBe("kept");
    expect(await server.must("show mine")).not.toContain("gone from its host");
    await server.must("delete mine --yes");
    await removeTemplate("bereft");
  });

  test("agents come back when the server is restarted, and a prebuild that was ready is claimed", async () => {
    await server.push("steady", { "template.yaml": template(simple), "prepare.sh": "" });
    await poolReady("steady");
    await server.end("SIGTERM");
    await server.start();
    await poolReady("steady");
    await server.must("create again --template steady --mode warm_only");
    expect(await exec("again", "cat owner")).toBe("admin");
    await server.must("delete again --yes");
    await removeTemplate("steady");
  });

  test.each([
    ["volume", "create"],
    ["container", "create"],
    ["container", "start"],
  ])("the daemon killed at %s %s: the pool fills again, and nothing is left after it", async (type, event) => {
    const name = `killed-${type}-${event}`;
    const happened = watchForOurs(type, event);
    await server.push(name, { "template.yaml": template(simple), "prepare.sh": "" });
    await waitUntil("Docker has come to the step", happened, 60_000);
    await server.end("SIGKILL");
    await server.start();
    await poolReady(name);
    await server.must(`create survivor --template ${name}`);
    await server.must("delete survivor --yes");
    await removeTemplate(name);
  });
});

/** Listens until Docker does this to something of this run's daemon; answers whether it has. */
function watchForOurs(type: string, event: string): () => boolean {
  const filters = ["--filter", `type=${type}`, "--filter", `event=${event}`, "--format", "{{.Actor.ID}}"];
  // What came after this moment is told first, so nothing is lost while the program starts.
  const since = (Date.now() / 1_000).toFixed(3);
  const child = spawn("docker", ["events", "--since", since, ...filters], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  let hasHappened = false;
  createInterface({ input: child.stdout }).on("line", (id) => {
    // Events of volumes carry no labels.
    const found = spawnSync("docker", [type, "inspect", id], { encoding: "utf8" });
    hasHappened ||= found.stdout.includes(daemon);
  });
  return () => hasHappened;
}
