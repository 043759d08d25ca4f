import type { Duplex } from "node:stream";
import type { AgentManifest } from "../../contracts/agent-protocol.ts";
import type { AgentConfig } from "../agent-config.ts";
import type { HandOver } from "../hand-over.ts";
import { commonEnvironment, ownerEnvironment } from "../hook-environment.ts";
import { workFolder } from "../workspace-start.ts";

export interface SshParts {
  readonly config: AgentConfig;
  readonly handOver: HandOver;
  readonly started: Promise<AgentManifest>;
  readonly abort: AbortSignal;
}

export interface OpenSsh {
  readonly hostKey: string;
  readonly serve: (stream: Duplex) => void;
}

/** The workspace's SSH server. It is loaded when somebody first wants it: an agent at rest has no need of its memory. */
export function lazySsh({ config, handOver, started, abort }: SshParts): () => Promise<OpenSsh> {
  let opened: Promise<OpenSsh> | undefined;
  const open = async (): Promise<OpenSsh> => {
    const [{ SshServer }, { sshHostKey }] = await Promise.all([import("./ssh-server.ts"), import("./ssh-host-key.ts")]);
    const manifest = await started;
    const hostKey = sshHostKey(config.stateFolder);
    const world = {
      home: config.home,
      folder: workFolder(config, manifest),
      environment: async () => {
        const owner = await handOver.owner();
        if (owner === null) throw new Error("nobody owns this workspace");
        const given = await handOver.secrets(abort);
        const secrets = given.kind === "known" ? given.values : {};
        return { ...commonEnvironment(config, manifest), ...ownerEnvironment(owner), ...secrets };
      },
    };
    const server = new SshServer({ hostKey, version: config.version, logger: config.logger, world });
    return { hostKey: hostKey.open, serve: (stream) => server.serve(stream) };
  };
  return () => {
    opened ??= open();
    // One that failed is tried again.
    opened.catch(() => (opened = undefined));
    return opened;
  };
}
