import type { Duplex } from "node:stream";
import type { ForwardTargets } from "../../contracts/forward-targets.ts";
import type { AgentManifest } from "../../contracts/agent-protocol.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { HandOver } from "../hand-over.ts";
import { commandEnvironment } from "../command-environment.ts";
import { dial } from "../tunnel/dial.ts";
import { workFolder } from "../work-folder.ts";

export interface SshParts {
  readonly config: AgentConfig;
  readonly handOver: HandOver;
  readonly started: () => Promise<AgentManifest>;
  readonly abort: AbortSignal;
}

export interface OpenSsh {
  readonly hostKey: string;
  /**
   * @param userId as the server that brought the stream has verified.
   * @param targets where the client's channels may lead, as that server says.
   */
  readonly serve: (stream: Duplex, userId: string, targets: ForwardTargets) => void;
}

/** The workspace's SSH server. It is loaded when somebody first wants it: an agent at rest has no need of its memory. */
export function lazySsh({ config, handOver, started, abort }: SshParts): () => Promise<OpenSsh> {
  let opened: Promise<OpenSsh> | undefined;
  const open = async (): Promise<OpenSsh> => {
    const [{ SshServer }, { sshHostKey }, { terminals }] = await Promise.all([
      import("./ssh-server.ts"),
      import("./ssh-host-key.ts"),
      import("./ssh-terminals.ts"),
    ]);
    let manifest = await started();
    const hostKey = sshHostKey(config.stateFolder);
    const world = {
      home: config.home,
      folder: () => workFolder(config, manifest),
      greetingFile: () => (manifest.settings?.state === "known" ? manifest.settings.motdFile : ""),
      terminals: terminals(config.baseEnvironment["XDG_RUNTIME_DIR"]),
      // Handed over, as what is loaded late must not import what imports schemas (see the bundles' test).
      dial: (host: string, port: number) => dial({ kind: "tcp", host, port }),
      environment: async (userId: string) => {
        const owner = await handOver.owner();
        // A client may stay connected while its workspace is handed to somebody else.
        if (owner?.owner?.id !== userId) throw new Error("the workspace does not belong to whoever asks");
        // A claim may have brought other variables and another folder.
        manifest = await started();
        return await commandEnvironment({ config, handOver, abort }, { manifest, owner });
      },
    };
    const server = new SshServer({ hostKey, version: config.version, logger: config.logger, world });
    const end = (): void => server.end();
    if (abort.aborted) throw new Error("the workspace is shutting down");
    abort.addEventListener("abort", end, { once: true });
    return { hostKey: hostKey.open, serve: (stream, userId, targets) => server.serve(stream, userId, targets) };
  };
  return () => {
    opened ??= open();
    // One that failed is tried again.
    opened.catch(() => (opened = undefined));
    return opened;
  };
}
