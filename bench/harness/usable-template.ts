import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

export interface TemplateDraft {
  /** Also of the template. */
  readonly name: string;
  readonly driver: "process" | "terraform" | "docker";
  /** Of Terraform: the owner is among what replaces the agent, so that every claim makes it anew. */
  readonly isReplacedByClaims?: boolean;
  /** Of Docker: one with git, Node and npm in it. */
  readonly image?: string;
  readonly repository: string;
  readonly instances: number;
}

/** A template whose prewarm hook clones the repository and installs, and whose claim hook says hello. */
export async function usableTemplate(folder: string, input: TemplateDraft): Promise<Uint8Array<ArrayBuffer>> {
  const source = path.join(folder, `template-${input.name}`);
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
${input.image === undefined ? "" : `docker: { image: "${input.image}", pull: never, user: dev, home: /home/dev }`}
`,
  );
  if (input.driver === "terraform") writeFileSync(path.join(source, "main.tf"), configuration(input));
  return (await packFolder(source)).bytes;
}

const tokenTrigger = "sha256(local.agent.token)";

function configuration({ isReplacedByClaims = false }: TemplateDraft): string {
  const demo = readFileSync(path.join(packageRoot, "templates/terraform-demo/main.tf"), "utf8");
  if (!isReplacedByClaims) return demo;
  const unsafe = demo.replace(tokenTrigger, `${tokenTrigger}, var.prewarm.owner.username`);
  if (unsafe === demo) throw new Error(`templates/terraform-demo has no "${tokenTrigger}" any more.`);
  return unsafe;
}
