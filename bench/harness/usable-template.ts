import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { packageRoot } from "../../src/main/version.ts";

const libraries = 40;

/** A repository with packages of its own, so that installing them needs no network. */
export function makeRepository(folder: string): string {
  const source = path.join(folder, "repository");
  mkdirSync(source, { recursive: true });
  const dependencies: Record<string, string> = {};
  for (let nth = 0; nth < libraries; nth += 1) {
    const name = `library-${nth}`;
    mkdirSync(path.join(source, "packages", name), { recursive: true });
    writeFileSync(path.join(source, "packages", name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
    writeFileSync(path.join(source, "packages", name, "index.js"), `module.exports = ${nth};\n`.repeat(200));
    dependencies[name] = `file:packages/${name}`;
  }
  writeFileSync(path.join(source, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", dependencies }));
  const git = (...args: readonly string[]): void =>
    void execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], { cwd: source });
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--message", "the project");
  return source;
}

export type UsableDriver = "process" | "terraform";

/** The template of one driver: its prewarm hook clones the repository and installs, its claim hook says hello. */
export async function usableTemplate(
  folder: string,
  input: { readonly driver: UsableDriver; readonly repository: string; readonly instances: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const source = path.join(folder, `template-${input.driver}-${input.instances}`);
  mkdirSync(source, { recursive: true });
  writeFileSync(
    path.join(source, "template.yaml"),
    `driver: ${input.driver}
parameters: [{ name: greeting, default: Hello }]
presets: [{ name: standard, default: true, parameters: { greeting: Hello }, prebuilds: { instances: ${input.instances} } }]
agents:
  - name: main
    hooks:
      prewarm:
        run: |
          [ -d project ] || git clone --quiet ${input.repository} project
          cd project && npm install --offline --no-audit --no-fund --silent
      claim: { run: 'echo "hello $PREWARM_OWNER" > hello' }
`,
  );
  if (input.driver === "terraform") {
    cpSync(path.join(packageRoot, "templates/terraform-demo/main.tf"), path.join(source, "main.tf"));
  }
  return (await packFolder(source)).bytes;
}
