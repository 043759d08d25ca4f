import type { Client } from "../../client/client.ts";
import { type AppRef, parseAppRef } from "../../contracts/app-address.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { ides } from "../../contracts/ides.ts";
import { shellWord } from "../../platform/shell-word.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { type IdeWish, openIde } from "../ssh/open-ide.ts";
import { listenLocally, refusedLine, untilSignalled } from "../tunnel/local-port.ts";
import { portTarget } from "../tunnel/tunnel-target.ts";
import { openService } from "../tunnel/workspace-stream.ts";

/** Below it only the system's own account may listen. */
const freePortMin = 1_024;
const loopback = "127.0.0.1";

interface OpenOptions {
  readonly workspace: string;
  readonly what: AppRef;
  readonly agent: string | null;
  readonly isShown: boolean;
}

function read(input: CommandInput): OpenOptions | IdeWish {
  const word = input.optionalOperand(1);
  const ide = input.choice("ide", ides);
  const folder = input.text("folder") ?? null;
  const common = {
    workspace: input.operand(0),
    agent: input.text("agent") ?? null,
    isShown: !input.isOff("browser"),
  };
  if (ide !== undefined) {
    if (word !== undefined) input.refuse(`Either "${word}" is opened or --ide.`);
    if (folder !== null && !folder.startsWith("/"))
      input.refuse(`--folder is "${folder}"; it must begin with a slash.`);
    return { ...common, ide, folder };
  }
  if (word === undefined) return input.refuse("What is to be opened? An app, a port, or an editor with --ide.");
  if (folder !== null) input.refuse("--folder needs --ide.");
  const what = parseAppRef(word) ?? input.refuse(`"${word}" is neither a port nor the name of an app.`);
  return { ...common, what };
}

/** What a browser is led to. */
interface Place {
  readonly agent: string | null;
  readonly port: number;
  readonly scheme: "http" | "https";
  /** Path and query. */
  readonly path: string;
}

function schemeOf(isTls: boolean): Place["scheme"] {
  return isTls ? "https" : "http";
}

/** Errors: `not_found` for an app that the template does not declare. */
async function placeOf(client: Client, workspace: Workspace, { what, agent }: OpenOptions): Promise<Place> {
  if (what.kind === "port") return { agent, port: what.port, scheme: schemeOf(what.isTls), path: "/" };
  const { apps } = await client.call("listApps", { params: { workspace: workspace.id } });
  const found = apps.find((app) => app.app === what.name && (agent === null || app.agent === agent));
  if (found === undefined) {
    const names = apps.map(({ app }) => app).join(", ");
    throw new CodedError("not_found", `${workspace.name} has no app "${what.name}".`, {
      next: `${names === "" ? "Its template declares none" : `There are: ${names}`}. A port works, too: \`prewarm open ${shellWord(workspace.name)} 3000\`.`,
    });
  }
  const { port, isTls, path } = found;
  return { agent: found.agent, port, scheme: schemeOf(isTls), path };
}

async function run(options: OpenOptions | IdeWish, invocation: Invocation): Promise<number> {
  return "ide" in options ? await openIde(options, invocation) : await openPlace(options, invocation);
}

async function openPlace(options: OpenOptions, invocation: Invocation): Promise<number> {
  const { output, world } = invocation;
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, options.workspace, invocation);
  const { agent, port, scheme, path } = await placeOf(client, workspace, options);
  const target = portTarget(client, { workspaceId: workspace.id, agent, port });
  // A browser would only say that the connection was closed.
  (await openService(target, target.service)).destroy();
  const onRefused = (error: unknown): void => output.progress(refusedLine(workspace.name, port, error));
  // The same number, where it can be had: some programs tell their own address by it.
  const wanted = port < freePortMin ? 0 : port;
  const local = await listenLocally({ bind: loopback, port: wanted, isStrict: false, target, onRefused });
  try {
    // Not `localhost`, which may be somebody else's `[::1]` to the browser.
    const url = `${scheme}://${loopback}:${local.port}${path}`;
    const json = { workspace: workspace.name, port, localPort: local.port, url };
    output.result(
      json,
      () => url,
      () => [url],
    );
    if (options.isShown && !(await world.openUrl(url)))
      output.progress("No browser could be started: open it yourself.");
    output.progress(`It leads to ${printable(workspace.name)}:${port} until Ctrl-C.`);
    await untilSignalled(world);
    return exitCodes.done;
  } finally {
    local.close();
  }
}

export const openCommand = defineCommand<OpenOptions | IdeWish>({
  usage: "open <workspace> [app-or-port]",
  summary: "open an app or a port of a workspace in the browser of this machine, or an editor in it",
  notes:
    "Leads a free port of this machine to it, prints the address, and starts the browser. Needs no domain for apps: it " +
    "goes through the server's own port. 8443s is a port that speaks TLS. Ends with Ctrl-C, and so does the way. " +
    "`prewarm apps list` and `prewarm ports list` say what there is. With --ide an editor of this machine is opened in the " +
    "workspace, over SSH: `prewarm config-ssh` has to have been run once.",
  example: "prewarm open dev 3000",
  options: [
    { flags: "--ide <editor>", choices: ides, about: `open this editor in the workspace: ${ides.join(", ")}` },
    { flags: "--folder <path>", about: "the folder that the editor opens; where sessions start, unless said" },
    { flags: "--no-browser", about: "only print the address" },
    { flags: "--agent <name>", about: "the agent to go through; the app's, or the workspace's first, unless said" },
  ],
  isOrganizational: true,
  read,
  run,
});
