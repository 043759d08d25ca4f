import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isMap, parseDocument, YAMLSeq } from "yaml";
import { Manifest, type ManifestSecret } from "../../src/contracts/manifest.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface Fence {
  readonly language: string;
  readonly text: string;
  /** Of its first line in the document. */
  readonly line: number;
  /** The file that the line before it introduces, as in "Its `install.sh`:". */
  readonly fileName: string | null;
}

/** A template of a document, with the files that it needs. */
export interface FencedTemplate {
  /** For people: `docs/templates.md:20`. */
  readonly where: string;
  readonly driver: string;
  /** `template.yaml` among them. */
  readonly files: Readonly<Record<string, string>>;
}

/** README.md and every page of the folder docs, by their paths. */
export function documents(): ReadonlyMap<string, string> {
  const pages = readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  return new Map(["README.md", ...pages.toSorted()].map((name) => [name, readFileSync(path.join(root, name), "utf8")]));
}

/** The fences of a document, also those of a list, without their indentation. */
export function fencesOf(markdown: string): readonly Fence[] {
  const fences: Fence[] = [];
  const pattern = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*\n([\s\S]*?)^[ \t]*\2[ \t]*$/gm;
  for (const { index, 1: indent = "", 3: language = "", 4: body = "" } of markdown.matchAll(pattern)) {
    const before = markdown.slice(0, index);
    const introduced = /`([\w.-]+)`:\s*$/.exec(before.trimEnd());
    fences.push({
      language: language.toLowerCase(),
      text: body
        .split("\n")
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
        .join("\n"),
      line: before.split("\n").length + 1,
      fileName: introduced?.[1] ?? null,
    });
  }
  return fences;
}

/**
 * The templates among the fences of a document. What shares a field with a template is one: a misspelt field of it is to
 * be found, and not to make another thing of it. A part of a template is completed; a whole one stands as it is.
 */
export function templatesIn(name: string, markdown: string): readonly FencedTemplate[] {
  const found: { where: string; driver: string; files: Record<string, string> }[] = [];
  for (const fence of fencesOf(markdown)) {
    if (isTemplate(fence)) {
      const { text, driver } = completed(fence.text);
      found.push({
        where: `${name}:${fence.line}`,
        driver,
        files: { ...(filesBeside[name] ?? filesOf[driver]), "template.yaml": text },
      });
    } else if (fence.fileName !== null) {
      const last = found.at(-1);
      if (last !== undefined) last.files[fence.fileName] = fence.text;
    }
  }
  return found;
}

/** What stands beside the manifests of a page, where that is not what those of their driver have. */
const filesBeside: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/coder-templates.md": { "main.tf": readFileSync(path.join(root, "templates/coder-demo/main.tf"), "utf8") },
};

/** What a part of a template of this driver has beside its manifest. */
const filesOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  terraform: { "main.tf": readFileSync(path.join(root, "templates/terraform-demo/main.tf"), "utf8") },
};

function isTemplate({ language, text }: Fence): boolean {
  if (!["yaml", "yml", ""].includes(language)) return false;
  const { contents } = parseDocument(text);
  if (!isMap(contents)) return false;
  return contents.items.some(({ key }) => Object.hasOwn(Manifest.properties, String(key)));
}

/** Adds what every template with a pool has: a driver, an agent, a pool. */
function completed(text: string): { readonly text: string; readonly driver: string } {
  const document = parseDocument(text);
  const isWhole = document.has("driver") && document.has("agents");
  const driver = String(document.get("driver") ?? "process");
  if (isWhole || document.errors.length > 0) return { text, driver };
  document.set("driver", driver);
  if (!document.has("agents")) document.set("agents", document.createNode([{ name: "main" }]));
  if (driver === "docker" && !document.has("docker")) {
    document.set("docker", document.createNode({ image: "node:22-bookworm" }));
  }
  if (!document.has("presets")) document.set("presets", document.createNode([{ name: "pool" }]));
  const presets = document.get("presets");
  for (const preset of presets instanceof YAMLSeq ? presets.items : []) {
    if (isMap(preset) && !preset.has("prebuilds")) preset.set("prebuilds", document.createNode({ instances: 1 }));
  }
  return { text: document.toString(), driver };
}

/** The secrets that a template declares. */
export function declaredSecrets({ files }: FencedTemplate): readonly ManifestSecret[] {
  const manifest: unknown = parseDocument(files["template.yaml"] ?? "").toJS();
  return (manifest as Manifest).secrets ?? []; // as below
}

/** The presets of a template that keep workspaces ready at some time of the day. */
export function pooledPresets({ files }: FencedTemplate): readonly string[] {
  const manifest: unknown = parseDocument(files["template.yaml"] ?? "").toJS();
  // The push has accepted it, or fails its test.
  return ((manifest as Manifest).presets ?? []).flatMap(({ name, prebuilds }) =>
    (prebuilds?.instances ?? 0) > 0 ? [name] : [],
  );
}
