import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, importImage, removeImage, thingsOfOurs } from "../support/docker-image.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WholeServer } from "../support/whole-server.ts";

const image = "prewarm-test-glibc:1";
const muslImage = "prewarm-test-musl:1";
const server = new WholeServer({ PREWARM_PROVISIONER_DRIVERS: "docker", PREWARM_PREBUILDS_FAILED_KEPT: "0" });
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
  expect(thingsOfOurs(), "left by an earlier run").toEqual([]);
  importImage({ name: image, hasGlibc: true });
  importImage({ name: muslImage, hasGlibc: false });
  await server.start();
}, 120_000);

afterAll(async () => {
  await server.close();
  for (const name of thingsOfOurs()) {
    const kind = docker("ps", "--all", "--quiet", "--filter", `name=^${name}$`) === "" ? "volume" : "container";
    docker(kind, "rm", "--force", name);
  }
  for (const name of [image, muslImage]) removeImage(name);
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

async function removeTemplate(name: string): Promise<void> {
  await server.must(`templates delete ${name} --yes`);
  await waitUntil("nothing of ours is left", () => thingsOfOurs().length === 0, 60_000);
}

const exec = async (workspace: string, script: string): Promise<string> =>
  (await server.must(["exec", workspace, "--", "sh", "-c", script])).trim();

describe("a template of the docker driver", { timeout: 300_000 }, () => {
  test("fills its pool, is claimed, keeps its home over stop and start, and leaves nothing", async () => {
    const pushed = await server.push("full", {
      "template.yaml": template(`
image: prewarm-test-glibc:\${parameters.version}
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
  });
});
