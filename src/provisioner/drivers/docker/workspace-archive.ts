import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../../contracts/errors.ts";
import type { BuildContext } from "../../driver.ts";
import { agentFolderName, startScriptName } from "./container-spec.ts";
import type { NumericUser } from "./container-user.ts";
import { agentBootstrap, startScript } from "./start-script.ts";
import { type TarEntry, tarOf } from "./tar-entry.ts";

export interface WorkspaceArchiveOptions {
  readonly context: BuildContext;
  /** Of the container, absolute. */
  readonly home: string;
  readonly user: NumericUser;
  /** Folders that are to be the user's: mounted volumes that nobody has made anybody's yet. */
  readonly owned: readonly { readonly path: string; readonly mode: number }[];
  /** The server as the container reaches it. */
  readonly accessUrl: string;
}

/**
 * What is put into a container before it starts: scripts, tokens (mode 0600) and the template's files, all of it in
 * the home. To be unpacked at the root.
 */
export async function workspaceArchive(options: WorkspaceArchiveOptions): Promise<Buffer> {
  const { context, home, user, owned, accessUrl } = options;
  const { work } = context;
  const folder = path.posix.join(home, agentFolderName);
  const own = `${home.slice(1)}/`;
  const below = `templates/${work.buildNumber}`;
  const templateFolder = `${folder}/${below}`;
  const text = (name: string, mode: number, content: string): TarEntry => ({
    ...user,
    path: `${own}${agentFolderName}/${name}`,
    mode,
    content: Buffer.from(content),
  });
  const folderEntry = (name: string, mode: number): TarEntry => ({
    ...user,
    path: `${own}${agentFolderName}/${name}`,
    mode,
  });
  const entries: TarEntry[] = [
    ...owned.map((volume) => ({ ...user, path: `${volume.path.slice(1)}/`, mode: volume.mode })),
    folderEntry("", 0o700),
    text(startScriptName, 0o700, startScript({ folder, templateFolder, agents: work.agents })),
    folderEntry("templates/", 0o700),
  ];
  for (const agent of work.agents) {
    if (agent.token === null) throw new CodedError("build_failed", `The agent "${agent.name}" came without its token.`);
    const bootstrap = agentBootstrap({
      accessUrl,
      folder,
      templateFolder,
      agentName: agent.name,
      workspaceId: work.workspaceId,
      startId: work.buildId,
      buildStage: work.stage,
    });
    entries.push(
      folderEntry(`${agent.name}/`, 0o700),
      text(`${agent.name}/token`, 0o600, agent.token),
      text(`${agent.name}/bootstrap.sh`, 0o700, bootstrap),
    );
  }
  entries.push(...(await templateEntries(await context.templateFolder(), `${own}${agentFolderName}/${below}`, user)));
  return tarOf(entries);
}

/** Files cannot be written by mistake; folders can, so that the next start may remove them. */
async function templateEntries(from: string, to: string, user: NumericUser): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [{ ...user, path: `${to}/`, mode: 0o755 }];
  for (const child of await readdir(from, { withFileTypes: true, recursive: true })) {
    const file = path.join(child.parentPath, child.name);
    const name = `${to}/${path.relative(from, file).split(path.sep).join("/")}`;
    if (child.isDirectory()) entries.push({ ...user, path: `${name}/`, mode: 0o755 });
    if (!child.isFile()) continue;
    entries.push({ ...user, path: name, mode: (await stat(file)).mode & 0o555, content: await readFile(file) });
  }
  return entries;
}
