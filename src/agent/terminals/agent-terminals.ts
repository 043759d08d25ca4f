import { existsSync } from "node:fs";
import path from "node:path";
import type { AgentManifest } from "../../contracts/agent-protocol.ts";
import { commandText } from "../../contracts/app-command.ts";
import { type TerminalService, terminalDetachedMs } from "../../contracts/terminals.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { HandOver } from "../hand-over.ts";
import { commandEnvironment } from "../command-environment.ts";
import { account } from "../login-shell.ts";
import { openPty } from "../pty/open-pty.ts";
import { workFolder } from "../work-folder.ts";
import { type StartedTerminal, Terminals } from "./terminals.ts";

const term = "xterm-256color";

interface Parts {
  readonly config: AgentConfig;
  readonly handOver: Pick<HandOver, "owner" | "secrets">;
  readonly started: () => Promise<AgentManifest>;
  readonly abort: AbortSignal;
}

/** The terminals of this agent's workspace: the owner's login shell in the agent's folder, with what his commands see. */
export function agentTerminals({ config, handOver, started, abort }: Parts): Terminals {
  let detachedMs = terminalDetachedMs;
  const start = async (service: TerminalService): Promise<StartedTerminal> => {
    const owner = await handOver.owner();
    if (owner === null) throw new Error("nobody owns this workspace yet: it waits in its pool");
    const manifest = await started();
    detachedMs = manifest.terminalDetachedMs ?? terminalDetachedMs;
    const { variables, secretsMissing } = await commandEnvironment({ config, handOver, abort }, { manifest, owner });
    const { name, shell } = account(variables);
    const env = { ...variables, SHELL: shell, USER: name, LOGNAME: name, COLORTERM: "truecolor" };
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
    const why = secretsMissing ?? "";
    const note = why === "" ? "" : `prewarm: this terminal is without the workspace's secrets: ${why}\r\n`;
    return { pty, command: service.command === null ? shell : commandText(service.command), note };
  };
  return new Terminals({
    timing: config.timing,
    detachedMs: () => detachedMs,
    now: () => new Date(),
    ownerId: async () => (await handOver.owner())?.owner?.id ?? null,
    start,
  });
}
