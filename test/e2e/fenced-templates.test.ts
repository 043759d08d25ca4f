// Every template that the documents show is pushed, its pools are filled, and each is claimed, started again and deleted.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { templateExample } from "../../src/cli/template-example.ts";
import { documents, type FencedTemplate, pooledPresets, templatesIn } from "../support/fenced-templates.ts";
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
      for (const preset of pooledPresets(template)) await goThrough({ template: name, preset });
      await server.must(["templates", "delete", name, "--yes"]);
    },
  );
});

async function goThrough({ template, preset }: { readonly template: string; readonly preset: string }): Promise<void> {
  const name = `${template}-${preset}`;
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
