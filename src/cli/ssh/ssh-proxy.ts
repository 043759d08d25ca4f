import { CodedError, isErrorCode } from "../../contracts/errors.ts";
import { openTunnel } from "../../tunnel/tunnel-client.ts";
import { type TunnelDuplex, TunnelResetError } from "../../tunnel/tunnel-duplex.ts";
import { accessTo, resolveAccess } from "../session.ts";
import { refusedBy, tunnelUrl } from "../tunnel/tunnel-target.ts";
import { UsageError } from "../usage-error.ts";
import { bringUp } from "./bring-up.ts";
import { forgetOldConnections, noteConnection, type NoteWorld } from "./connection-note.ts";
import { keepHostKey } from "./known-hosts.ts";
import { passThrough, type PassThroughWorld } from "./pass-through.ts";
import type { ProxyOptions } from "./proxy-options.ts";
import { knownHostsPath, type SshWorld } from "./ssh-folder.ts";
import { parseSshHost, type SshHost } from "../../contracts/ssh-host.ts";
import { SmallClient } from "./small-client.ts";
import { noteIntervalMs } from "../../contracts/start-rule.ts";

/** What a `ProxyCommand` touches; standard output is the stream's alone. */
export interface ProxyWorld extends NoteWorld, SshWorld, PassThroughWorld {
  /** A line on standard error. */
  readonly say: (line: string) => void;
}

/** The connection begins before it is asked for the workspace's id, which later lines and the note of it need. */
const idDelayMs = 500;

type Open = (agent: string | null) => Promise<TunnelDuplex>;

interface Way {
  readonly host: SshHost;
  readonly client: SmallClient;
  readonly serverUrl: string;
  readonly token: string;
}

/**
 * Leads standard input and output to the SSH server of a workspace: what `ProxyCommand` of OpenSSH starts.
 * Errors: coded ones, with what to do next; `UsageError`.
 */
export async function runSshProxy(options: ProxyOptions, world: ProxyWorld): Promise<void> {
  const way = await wayTo(options, world);
  // A name may be given to another workspace: a line that is taken up again goes to the same one.
  let id: string | null = null;
  let hostKey = "";
  const open: Open = (agent) =>
    openTunnel({
      get url() {
        return tunnelUrl(way.serverUrl, id ?? way.host.workspace);
      },
      token: way.token,
      agent,
      service: { kind: "ssh" },
      onAccepted: (accepted) => {
        hostKey = accepted.hostKey ?? "";
      },
      refusal: refusedBy,
    });
  if (options.organization !== null) id = (await way.client.see(way.host.workspace)).workspace.id;
  const stream = await reach(open, way, { options, world });
  // Before a byte is passed on: OpenSSH reads the file when it has the server's key.
  await keepKey(options, world, hostKey).catch((error: unknown) => {
    stream.destroy();
    throw error;
  });
  const stopNoting = keepNote(world, async () => (id ??= (await way.client.see(way.host.workspace)).workspace.id));
  try {
    await passThrough(stream, world);
  } catch (error) {
    throw wordsFor(error, way);
  } finally {
    stopNoting();
  }
}

async function wayTo(options: ProxyOptions, world: ProxyWorld): Promise<Way> {
  const { prefix, organization } = options;
  const host = parseSshHost(options.host, prefix);
  if (host === undefined) {
    throw new UsageError(
      `"${options.host}" is no host of a workspace.`,
      `They are called ${prefix}WORKSPACE, ${prefix}WORKSPACE.AGENT and ${prefix}OWNER--WORKSPACE.`,
    );
  }
  const named = options.context === undefined ? world : { ...world, context: options.context };
  const access = await (options.url === undefined ? resolveAccess(named) : accessTo(named, options.url));
  if (access?.token === undefined) {
    const server = access?.url ?? "any server";
    throw new CodedError("unauthenticated", `You are not signed in to ${server}.`, {
      next: `Run \`prewarm login ${access?.url ?? "URL"}\`.`,
    });
  }
  const { url, token } = access;
  return { host, client: new SmallClient({ url, token, organization }), serverUrl: url, token };
}

interface Asked {
  readonly options: ProxyOptions;
  readonly world: ProxyWorld;
}

/** At once when the workspace runs; else it is looked what it does, and it may be started. */
async function reach(open: Open, way: Way, { options, world }: Asked): Promise<TunnelDuplex> {
  try {
    return await open(way.host.agent);
  } catch (error) {
    if (!isAway(error)) throw wordsFor(error, way);
    const retry = async (agent: string | null): Promise<TunnelDuplex | null> => {
      try {
        return await open(agent);
      } catch (again) {
        if (isAway(again)) return null;
        throw wordsFor(again, way);
      }
    };
    const { host, client } = way;
    const reason = error instanceof Error ? error.message : String(error);
    return await bringUp({ client, host, mode: options.start, reason, world, open: retry });
  }
}

function isAway(error: unknown): boolean {
  const isCoded = error instanceof TunnelResetError || error instanceof CodedError;
  return isCoded && error.code === "agent_unavailable";
}

const nextWords: Readonly<Record<string, string>> = {
  not_found: "`prewarm list` shows your workspaces.",
  forbidden: "Only its owner gets into a workspace.",
  unauthenticated: "Sign in again: `prewarm login URL`.",
  line_lost: "Connect again when the server can be reached.",
  tunnel_refused: "`prewarm logs NAME` shows what its agent says.",
};

/** What the tunnel tells, as an error with what to do next. */
function wordsFor(error: unknown, { host, serverUrl }: Way): unknown {
  if (error instanceof TunnelResetError) {
    const words = nextWords[error.code] ?? "`prewarm show NAME` says what the workspace does.";
    const code = isErrorCode(error.code) ? error.code : "transient";
    return new CodedError(code, error.message, {
      next: words.replace("NAME", host.workspace).replace("URL", serverUrl),
    });
  }
  if (error instanceof CodedError || !(error instanceof Error)) return error;
  return new CodedError("transient", `The server at ${serverUrl} cannot be reached: ${error.message}.`, {
    cause: error,
    next: "Check the address, and that the server runs.",
  });
}

async function keepKey(options: ProxyOptions, world: ProxyWorld, hostKey: string): Promise<void> {
  const file = options.knownHosts ?? knownHostsPath(world);
  try {
    await keepHostKey(file, options.host, hostKey);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("folder_unusable", `The workspace's key cannot be kept in ${file}: ${why}.`, {
      cause,
      next: "Let this account write there; OpenSSH checks the key by it.",
    });
  }
}

/** Notes again and again that it is connected, by which a later connection knows that a stop was meant. */
function keepNote(world: ProxyWorld, findId: () => Promise<string>): () => void {
  let isOver = false;
  const note = async (): Promise<void> => {
    try {
      const id = await findId();
      if (!isOver) await noteConnection(world, id);
    } catch {
      // It is asked again the next time.
    }
  };
  const first = setTimeout(() => void note().then(() => forgetOldConnections(world)), idDelayMs);
  const timer = setInterval(() => void note(), noteIntervalMs);
  return () => {
    isOver = true;
    clearTimeout(first);
    clearInterval(timer);
  };
}
