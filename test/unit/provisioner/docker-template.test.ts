import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { Manifest } from "../../../src/contracts/manifest.ts";
import type { DockerSection } from "../../../src/contracts/manifest-docker.ts";
import { sizeBytes } from "../../../src/provisioner/drivers/docker/byte-size.ts";
import { checkTemplate } from "../../../src/provisioner/drivers/docker/check-template.ts";
import { containerBody } from "../../../src/provisioner/drivers/docker/container-spec.ts";
import { withParameters } from "../../../src/provisioner/drivers/docker/template-values.ts";

const settings = { host: "", certPath: "", isPrivilegedAllowed: false, authFile: "", publishAddress: "127.0.0.1" };
const schema = Compile(Manifest);

function manifestWith(docker: DockerSection, rest: Partial<Manifest> = {}): Manifest {
  return { driver: "docker", agents: [{ name: "main" }], docker, ...rest };
}

function problemsOf(manifest: Manifest, options: Partial<typeof settings> = {}): readonly string[] {
  try {
    checkTemplate(manifest, { ...settings, ...options });
    return [];
  } catch (error) {
    // Every refusal is a coded error with its problems.
    return (error as { readonly problems: readonly { readonly field: string }[] }).problems.map(({ field }) => field);
  }
}

describe("the section docker", () => {
  test.each([
    [{ image: "debian", memory: "2GiB", home: "/home/me", ports: [{ container: 80 }] }, true],
    [{ image: "debian", memory: "2 gigabytes" }, false],
    [{ image: "debian", home: "home" }, false],
    [{ image: "debian", home: "/" }, false],
    [{ image: "debian", ports: [{ container: 70_000 }] }, false],
    [{ image: "debian", mounts: ["/:/host"] }, false],
    [{ image: "debian", env: { "a b": "c" } }, false],
    [{}, false],
  ])("%j has the right shape: %s", (docker, isRight) => {
    expect(schema.Check({ driver: "docker", docker })).toBe(isRight);
  });

  test("is needed, and so is an agent", () => {
    expect(() => checkTemplate({ driver: "docker" }, settings)).toThrow(/needs the section/);
    expect(problemsOf({ driver: "docker", docker: { image: "debian" } })).toEqual(["agents"]);
  });

  test("may name parameters that there are, and nothing else in braces", () => {
    const parameters = [{ name: "version" }];
    const docker = { image: "node:${parameters.version}", env: { PATH_TO: "$${HOME}" } };
    expect(problemsOf(manifestWith(docker, { parameters }))).toEqual([]);
    const wrong = { image: "node:${parameters.versoin}", env: { A: "${env.HOME}" } };
    expect(problemsOf(manifestWith(wrong, { parameters }))).toEqual(["docker.image", "docker.env.A"]);
  });

  test("may not name a parameter that a claim of a prebuild can change", () => {
    const docker = { image: "node:${parameters.version}" };
    const pool = { name: "small", prebuilds: { instances: 1 } };
    const rest = { parameters: [{ name: "version", default: "20" }] };
    expect(problemsOf(manifestWith(docker, { ...rest, presets: [pool] }))).toEqual(["docker.image"]);
    expect(
      problemsOf(manifestWith(docker, { ...rest, presets: [{ ...pool, parameters: { version: "20" } }] })),
    ).toEqual([]);
    expect(problemsOf(manifestWith(docker, { ...rest, presets: [{ name: "cold" }] }))).toEqual([]);
  });

  test.each<[DockerSection, readonly string[]]>([
    [{ image: "a", privileged: true }, ["docker.privileged"]],
    [{ image: "a", cap_add: ["SYS_ADMIN", "NET_RAW"] }, ["docker.cap_add"]],
    [{ image: "a", networks: ["host"] }, ["docker.networks"]],
  ])("%j needs the operator's leave", (docker, fields) => {
    expect(problemsOf(manifestWith(docker))).toEqual(fields);
    expect(problemsOf(manifestWith(docker), { isPrivilegedAllowed: true })).toEqual([]);
  });

  test.each<[DockerSection, readonly string[]]>([
    [{ image: "a", memory: "1MiB" }, ["docker.memory"]],
    [{ image: "a", networks: ["none"] }, ["docker.networks"]],
    [{ image: "a", volumes: [{ name: "home", path: "/x" }] }, ["docker.volumes[0].name"]],
    [{ image: "a", volumes: [{ name: "x", path: "/home/workspace" }] }, ["docker.volumes[0].path"]],
    [
      {
        image: "a",
        volumes: [
          { name: "x", path: "/x" },
          { name: "x", path: "/x" },
        ],
      },
      ["docker.volumes[1].name", "docker.volumes[1].path"],
    ],
    [{ image: "a", env: { PREWARM_URL: "x", HOME: "/x" } }, ["docker.env.PREWARM_URL", "docker.env.HOME"]],
  ])("%j is refused", (docker, fields) => {
    expect(problemsOf(manifestWith(docker), { isPrivilegedAllowed: true })).toEqual(fields);
  });
});

describe("a container", () => {
  const plan = {
    section: { image: "debian" },
    settings,
    workspaceId: "w1",
    parameters: {},
    labels: {},
    hostAddress: "172.17.0.1",
    stopGraceSeconds: 35,
  };

  test("runs the agent's start script, and an own command in its place is told where that is", () => {
    expect(containerBody(plan)).toMatchObject({ Entrypoint: ["sh", "/home/workspace/.prewarm/start.sh"], Cmd: [] });
    const own = containerBody({ ...plan, section: { image: "debian", command: ["/sbin/init"] } });
    expect(own).toMatchObject({
      Cmd: ["/sbin/init"],
      Env: expect.arrayContaining(["PREWARM_BOOTSTRAP=/home/workspace/.prewarm/start.sh"]),
    });
    expect(own).not.toHaveProperty("Entrypoint");
  });

  test("is given the time to end that its stop hooks have", () => {
    expect(containerBody(plan)).toMatchObject({ StopTimeout: 35 });
  });

  test("may resolve the host's name, unless the template gives it another address", () => {
    const hosts = { db: "10.0.0.1" };
    expect(containerBody({ ...plan, section: { image: "a", extra_hosts: hosts } })).toMatchObject({
      HostConfig: { ExtraHosts: ["db:10.0.0.1", "host.docker.internal:172.17.0.1"] },
    });
    const own = { "host.docker.internal": "10.0.0.9" };
    expect(containerBody({ ...plan, section: { image: "a", extra_hosts: own } })).toMatchObject({
      HostConfig: { ExtraHosts: ["host.docker.internal:10.0.0.9"] },
    });
  });
});

test.each([
  [1024, 1024],
  ["512MiB", 536_870_912],
  ["1.5GiB", 1_610_612_736],
  ["100", 100],
  ["2 KiB", 2048],
])("a size of %s is %i bytes", (size, bytes) => {
  expect(sizeBytes(size)).toBe(bytes);
});

test("values are put in literally, also when they look like a reference", () => {
  expect(withParameters("a ${parameters.x} $${b} ${ parameters.x }", { x: "${parameters.y} $&" })).toBe(
    "a ${parameters.y} $& ${b} ${parameters.y} $&",
  );
  expect(() => withParameters("${parameters.toString}", {})).toThrow(/no such parameter/);
});
