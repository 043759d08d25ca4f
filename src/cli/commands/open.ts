import type { Client } from "../../client/client.ts";
import { type AppRef, parseAppRef } from "../../contracts/app-address.ts";
import type { App } from "../../contracts/api/apps.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { ides } from "../../contracts/ides.ts";
import { shellWord } from "../../contracts/shell-word.ts";
import { defineCommand } from "../command.ts";
import type { CommandInput } from "../command-input.ts";
import { exitCodes } from "../exit-codes.ts";
import { findWorkspace } from "../follow/find-workspace.ts";
import type { Invocation } from "../invocation.ts";
import { printable } from "../output/printable.ts";
import { type IdeWish, openIde } from "../ssh/open-ide.ts";
import { listenLocally, refusedLine, untilSignalled } from "../tunnel/local-port.ts";
import { findApp } from "../terminal/find-app.ts";
import { openAppTerminal } from "../terminal/open-terminal.ts";
import type { TunnelTarget } from "../../tunnel/tunnel-client.ts";
import { portTarget, socketTarget } from "../tunnel/tunnel-target.ts";
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
  readonly target: TunnelTarget;
  /** As people call it. */
  readonly what: string | number;
  /** Null behind a socket. */
  readonly port: number | null;
  readonly scheme: "http" | "https";
  /** Path and query. */
  readonly path: string;
}

function schemeOf(isTls: boolean): Place["scheme"] {
  return isTls ? "https" : "http";
}

function placeOfPort(client: Client, workspaceId: string, { port, isTls, agent }: PortWish): Place {
  return {
    target: portTarget(client, { workspaceId, agent, port }),
    what: port,
    port,
    scheme: schemeOf(isTls),
    path: "/",
  };
}

interface PortWish {
  readonly port: number;
  readonly isTls: boolean;
  readonly agent: string | null;
}

function placeOfApp(client: Client, workspaceId: string, app: App): Place {
  const { agent, port, socket, isTls, path } = app;
  if (port !== null) return { ...placeOfPort(client, workspaceId, { port, isTls, agent }), path };
  const target = socketTarget(client, { workspaceId, agent, path: socket ?? "" });
  return { target, what: app.app, port: null, scheme: "http", path };
}

async function run(options: OpenOptions | IdeWish, invocation: Invocation): Promise<number> {
  return "ide" in options ? await openIde(options, invocation) : await openPlace(options, invocation);
}

async function openPlace(options: OpenOptions, invocation: Invocation): Promise<number> {
  const { what, agent } = options;
  const client = await invocation.connect();
  const workspace = await findWorkspace(client, options.workspace, invocation);
  if (what.kind === "port") {
    return await showPlace(options, invocation, {
      workspace,
      place: placeOfPort(client, workspace.id, { ...what, agent }),
    });
  }
  const app = await findApp(client, workspace, { name: what.name, agent });
  if (app.command !== null) {
    return await openAppTerminal(invocation, { client, workspace, called: options.workspace }, app);
  }
  return await showPlace(options, invocation, { workspace, place: placeOfApp(client, workspace.id, app) });
}

async function showPlace(
  { isShown }: OpenOptions,
  { output, world }: Invocation,
  { workspace, place }: { readonly workspace: Workspace; readonly place: Place },
): Promise<number> {
  const { target, what, port, scheme, path } = place;
  // A browser would only say that the connection was closed.
  const tried = await openService(target, target.service).catch((error: unknown) => {
    throw error instanceof CodedError && error.code === "conflict" ? withNext(error, workspace.name) : error;
  });
  tried.destroy();
  const onRefused = (error: unknown): void => output.progress(refusedLine(workspace.name, what, error));
  // The same number, where it can be had: some programs tell their own address by it.
  const wanted = port === null || port < freePortMin ? 0 : port;
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
    if (isShown && !(await world.openUrl(url))) output.progress("No browser could be started: open it yourself.");
    output.progress(`It leads to ${printable(workspace.name)}:${what} until Ctrl-C.`);
    await untilSignalled(world);
    return exitCodes.done;
  } finally {
    local.close();
  }
}

/** Errors of the agent know no name of the workspace. */
function withNext(error: CodedError, workspace: string): CodedError {
  return new CodedError(error.code, error.message, {
    next: `\`prewarm ports list ${shellWord(workspace)}\` shows what listens there.`,
  });
}

export const openCommand = defineCommand<OpenOptions | IdeWish>({
  usage: "open <workspace> [app-or-port]",
  summary: "open an app or a port of a workspace in the browser of this machine, or an editor in it",
  notes:
    "Leads a free port of this machine to it, prints the address, and starts the browser. Needs no domain for apps: it " +
    "goes through the server's own port. 8443s is a port that speaks TLS. Ends with Ctrl-C, and so does the way. An app " +
    "that is a command opens in this terminal, as by `prewarm terminal --app`. " +
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
