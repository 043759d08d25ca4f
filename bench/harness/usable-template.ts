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
  /** Of Terraform: one that is written for Coder, whose builds tell what its agent is to run. */
  readonly isForCoder?: boolean;
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
${input.isForCoder === true ? poolBeside(input) : poolOfItsOwn(input)}
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

function poolOfItsOwn({ instances }: TemplateDraft): string {
  return `parameters: [{ name: greeting, default: Hello }]
presets: [{ name: standard, default: true, parameters: { greeting: Hello }, prebuilds: { instances: ${instances} } }]`;
}

/** The parameter and the preset are those of the configuration. */
function poolBeside({ instances }: TemplateDraft): string {
  return `presets: [{ name: "Hello: ready at once", prebuilds: { instances: ${instances} } }]`;
}

const tokenTrigger = "sha256(local.agent.token)";

function configuration({ isReplacedByClaims = false, isForCoder = false }: TemplateDraft): string {
  if (isForCoder) return writtenForCoder();
  const demo = readFileSync(path.join(packageRoot, "templates/terraform-demo/main.tf"), "utf8");
  if (!isReplacedByClaims) return demo;
  const unsafe = demo.replace(tokenTrigger, `${tokenTrigger}, var.prewarm.owner.username`);
  if (unsafe === demo) throw new Error(`templates/terraform-demo has no "${tokenTrigger}" any more.`);
  return unsafe;
}

/** Its start scripts do next to nothing: what is measured is how they are told and run. */
function writtenForCoder(): string {
  const demo = readFileSync(path.join(packageRoot, "templates/coder-demo/main.tf"), "utf8");
  // Twenty workspaces that look at the clock would be measured along.
  const quiet = demo.replace(/^( *)cron( *)= .*$/m, "$1run_on_start = true");
  if (quiet === demo) throw new Error("templates/coder-demo has no script with a cron any more.");
  return quiet;
}
