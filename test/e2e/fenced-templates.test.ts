// Every template that the documents show is pushed, its pools are filled, and each is claimed, started again and deleted.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { templateExample } from "../../src/cli/template-example.ts";
import { slugOf } from "../../src/contracts/free-name.ts";
import type { ManifestSecret } from "../../src/contracts/manifest.ts";
import {
  declaredSecrets,
  documents,
  type FencedTemplate,
  pooledPresets,
  templatesIn,
} from "../support/fenced-templates.ts";
import { WholeServer } from "../support/whole-server.ts";

const limitMs = 240_000;
const templates: readonly FencedTemplate[] = [
  ...[...documents()].flatMap(([name, text]) => templatesIn(name, text)),
  { where: "`prewarm templates init`", driver: "process", files: { "template.yaml": templateExample } },
];

/** What a driver needs on this machine. `npm test` runs without; each template is checked as by a push all the same. */
const probes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  terraform: ["terraform", "version"],
  docker: ["docker", "info"],
};

function missingTool(driver: string): string | undefined {
  const [program, ...args] = probes[driver] ?? [];
  if (program === undefined || spawnSync(program, args, { stdio: "ignore" }).status === 0) return undefined;
  return `\`${program} ${args.join(" ")}\` fails here`;
}

let server: WholeServer;

beforeAll(async () => {
  server = new WholeServer({});
  await server.start();
}, limitMs);
afterAll(() => server.close());

describe("the templates of the documents", () => {
  test.for(templates.map((template, nth) => [template.where, template, `doc-${nth}`] as const))(
    "%s is pushed, fills its pools, is claimed, starts again and is deleted",
    { timeout: limitMs },
    async ([, template, name], { skip }) => {
      const missing = missingTool(template.driver);
      if (missing !== undefined) skip(missing);
      const pushed = await server.push(name, template.files);
      expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
      for (const secret of declaredSecrets(template)) await setSecret(name, secret);
      for (const preset of pooledPresets(template)) await goThrough({ template: name, preset });
      await server.must(["templates", "delete", name, "--yes"]);
    },
  );
});

/** A secret that a template declares, by whom it says that it comes from. */
async function setSecret(template: string, { name, from }: ManifestSecret): Promise<void> {
  const file = path.join(server.folder, "secret");
  writeFileSync(file, `value of ${name}`);
  await server.must([
    "secrets",
    "set",
    name,
    from === "template" ? "--template" : "--for",
    template,
    "--from-file",
    file,
  ]);
}

async function goThrough({ template, preset }: { readonly template: string; readonly preset: string }): Promise<void> {
  const name = `${template}-${slugOf(preset)}`;
  const made = await server.run([
    "create",
    name,
    "--template",
    template,
    "--preset",
    preset,
    "--mode",
    "wait",
    "--wait",
    "120s",
  ]);
  expect(made, made.output).toMatchObject({ exitCode: 0 });
  expect(made.output, "it is one of its pool").toMatch(/^claimed in /m);
  await server.must(["exec", name, "--", "true"]);
  await server.must(["restart", name]);
  expect(await server.must(["list"])).not.toMatch(/failed/);
  await server.must(["delete", name, "--yes"]);
}

test("the example of docs/templates.md does what its hooks say", { timeout: limitMs }, async () => {
  const example = templates.find(({ where }) => where.startsWith("docs/templates.md:"));
  if (example === undefined) return expect.fail("docs/templates.md has no template");
  await server.push("example-of-docs", example.files);
  await server.must("create mine --template example-of-docs --mode wait --wait 120s");
  const read = async (file: string): Promise<string> => await server.must(["exec", "mine", "--", "cat", file]);
  expect(await read("package.json")).toContain('"name": "shop"');
  expect(await read("WELCOME")).toBe("This is mine of admin.\n");
  expect((await read("starts.log")).trim().split("\n")).toEqual([expect.stringMatching(/^started/)]);
  await server.must(["exec", "mine", "--", "sh", "-c", "echo changed > package.json"]);
  await server.must("stop mine");
  await server.must("start mine");
  expect(await read("package.json"), "prewarm has not run again").toBe("changed\n");
  const log = (await read("starts.log"))
    .replaceAll(/ at .*/g, "")
    .trim()
    .split("\n");
  expect(log).toEqual(["started", "stopped", "started"]);
});

test("the example of docs/secrets.md has its key in no file, and reads it where it is needed", {
  timeout: limitMs,
}, async () => {
  const example = templates.find(({ where }) => where.startsWith("docs/secrets.md:"));
  if (example === undefined) return expect.fail("docs/secrets.md has no template");
  await server.push("example-of-secrets", example.files);
  const create = "create vaulted --template example-of-secrets --mode wait --wait 120s".split(" ");
  const refused = await server.run(create);
  expect(refused).toMatchObject({ exitCode: 1 });
  // Of this test alone there is none of that name; after the one above there is, for another template.
  expect(refused.output).toMatch(/prewarm secrets (set|allow) GITHUB_TOKEN .*example-of-secrets/);
  expect(refused.output).toContain("[secret_missing]");
  for (const secret of declaredSecrets(example)) await setSecret("example-of-secrets", secret);
  await server.must(create);
  const read = async (script: string): Promise<string> =>
    await server.must(["exec", "vaulted", "--", "sh", "-c", script]);
  expect(await read('cat "$HOME/.npmrc"')).toBe("//registry.example.com/:_authToken=${REGISTRY_KEY}\n");
  expect(await read('echo "$REGISTRY_KEY, $GITHUB_TOKEN"')).toBe("value of REGISTRY_KEY, value of GITHUB_TOKEN\n");
});
