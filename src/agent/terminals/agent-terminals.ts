import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import type { AgentManifest } from "../../contracts/agent-protocol.ts";
import { type TerminalService, terminalDetachedMs } from "../../contracts/terminals.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { HandOver } from "../hand-over.ts";
import { commonEnvironment, ownerEnvironment } from "../hook-environment.ts";
import { openPty } from "../pty/open-pty.ts";
import { workFolder } from "../workspace-start.ts";
import { type StartedTerminal, Terminals } from "./terminals.ts";

const term = "xterm-256color";
/** What is in passwd to keep people out, and is no shell. */
const refusals = new Set(["nologin", "false"]);

interface Parts {
  readonly config: AgentConfig;
  readonly handOver: Pick<HandOver, "owner" | "secrets">;
  readonly started: Promise<AgentManifest>;
  readonly abort: AbortSignal;
}

/** The terminals of this agent's workspace: the owner's login shell in the agent's folder, with what his commands see. */
export function agentTerminals({ config, handOver, started, abort }: Parts): Terminals {
  let detachedMs = terminalDetachedMs;
  const start = async (service: TerminalService): Promise<StartedTerminal> => {
    const owner = await handOver.owner();
    if (owner === null) throw new Error("nobody owns this workspace yet: it waits in its pool");
    const manifest = await started;
    detachedMs = manifest.terminalDetachedMs ?? terminalDetachedMs;
    const given = await handOver.secrets(abort);
    const { name, shell } = account();
    const env = {
      ...commonEnvironment(config, manifest),
      ...ownerEnvironment(owner),
      ...(given.kind === "known" ? given.values : {}),
      SHELL: shell,
      COLORTERM: "truecolor",
      ...(name === undefined ? {} : { USER: name, LOGNAME: name }),
    };
    const folder = workFolder(config, manifest);
    const [file, ...args] = service.command ?? [shell];
    const { cols, rows } = service;
    const pty = openPty({
      file: file ?? shell,
      args,
      ...(service.command === null ? { argv0: `-${path.basename(shell)}` } : {}),
      cwd: existsSync(folder) ? folder : config.home,
      env,
      cols,
      rows,
      term,
    });
    const note =
      given.kind === "unknown" ? `prewarm: this terminal is without the workspace's secrets: ${given.reason}\r\n` : "";
    return { pty, command: service.command?.join(" ") ?? shell, note };
  };
  return new Terminals({
    timing: config.timing,
    detachedMs: () => detachedMs,
    now: () => new Date(),
    ownerId: async () => (await handOver.owner())?.owner?.id ?? null,
    start,
  });
}

/** Who the workspace's programs run as. An image may run as a number that its passwd does not have. */
function account(): { readonly name: string | undefined; readonly shell: string } {
  let known: { readonly username: string; readonly shell: string | null } | undefined;
  try {
    known = userInfo();
  } catch {
    known = undefined;
  }
  const isShell = (file: string): boolean => file !== "" && !refusals.has(path.basename(file)) && existsSync(file);
  const shell = [known?.shell ?? "", "/bin/bash", "/bin/sh"].find(isShell) ?? "/bin/sh";
  return { name: known?.username, shell };
}
