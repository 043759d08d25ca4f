import { describe, expect, test } from "vitest";
import { checkManifest } from "../../../src/app/templates/check-manifest.ts";
import { readManifest, type ReadManifest } from "../../../src/app/templates/read-manifest.ts";
import { type ManifestParts, mergeManifest } from "../../../src/domain/template/merge-manifest.ts";
import {
  documents,
  type FencedTemplate,
  fencesOf,
  pooledPresets,
  templatesIn,
} from "../../support/fenced-templates.ts";

const templates = [...documents()].flatMap(([name, text]) => templatesIn(name, text));

/** What the configuration has that a file of docs/coder-templates.md stands beside. */
const configuration: ManifestParts = { parameters: [{ name: "cpu", default: "4" }], agents: [{ name: "main" }] };

function completedRead(template: FencedTemplate): ReadManifest {
  const read = readManifest(template.files["template.yaml"] ?? "");
  const isBesideOne = template.where.startsWith("docs/coder-templates.md");
  const merged = mergeManifest(read.manifest, isBesideOne ? configuration : {});
  if (merged.kind === "refused") throw new Error(`defined twice: ${merged.twice.join()}`);
  return { ...read, manifest: merged.manifest };
}

describe("the templates of the documents", () => {
  test.each(
    templates.map((template) => [template.where, template] as const),
  )("%s is accepted as a push does it, and has a pool", (_, template) => {
    expect(() => checkManifest(completedRead(template))).not.toThrow();
    expect(pooledPresets(template)).not.toEqual([]);
  });

  test("are found on the pages that have some", () => {
    const pages = new Set(templates.map(({ where }) => where.split(":")[0]));
    expect([...pages]).toEqual(expect.arrayContaining(["docs/templates.md", "docs/quota.md", "docs/terraform.md"]));
  });

  test("have each file that their hooks run", () => {
    for (const { where, files } of templates) {
      const named = [...(files["template.yaml"] ?? "").matchAll(/\$PREWARM_TEMPLATE_FOLDER\/([\w./-]+)/g)];
      for (const [, file = ""] of named) expect(Object.keys(files), where).toContain(file);
    }
  });
});

describe("a template in a fence", () => {
  const page = (yaml: string, rest = ""): string => `text\n\n\`\`\`yaml\n${yaml}\n\`\`\`\n${rest}`;

  test("is found in a list, without a language and beside others", () => {
    expect(templatesIn("a.md", "- first:\n\n  ```\n  driver: process\n  cost: 1\n  ```\n")).toMatchObject([
      { where: "a.md:4", driver: "process", files: { "template.yaml": expect.stringContaining("cost: 1") } },
    ]);
    expect(templatesIn("a.md", page("cost: 2") + page("cost: 3")).map(({ where }) => where)).toEqual([
      "a.md:4",
      "a.md:9",
    ]);
  });

  test("is whole as it stands, and completed when it is a part", () => {
    const whole = "driver: process\nagents: [{ name: main }]\n";
    expect(templatesIn("a.md", page(whole))[0]?.files["template.yaml"]?.trim()).toBe(whole.trim());
    const [part] = templatesIn("a.md", page("presets:\n  - name: large\n    cost: 10"));
    expect(part === undefined ? [] : pooledPresets(part)).toEqual(["large"]);
  });

  test("with a misspelt field is one all the same", () => {
    const [found] = templatesIn("a.md", page("driver: process\nagent: []"));
    expect(() => readManifest(found?.files["template.yaml"] ?? "")).toThrow(/agent/);
  });

  test("has the file that a fence after it is introduced as", () => {
    const [found] = templatesIn("a.md", page("cost: 1", "\nIts `install.sh`:\n\n```sh\nset -e\n```\n"));
    expect(found?.files["install.sh"]).toBe("set -e\n");
  });

  test("is told from other things in YAML", () => {
    expect(fencesOf(page("scrape_configs: []"))).toHaveLength(1);
    expect(templatesIn("a.md", page("scrape_configs: []"))).toEqual([]);
  });
});
