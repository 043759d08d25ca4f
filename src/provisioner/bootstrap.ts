import { agentNodeFlags } from "./agent-node-flags.ts";
import { keepShielded, obtainAgent } from "./agent-shell.ts";

export interface BootstrapOptions {
  /** The server as the workspace reaches it, for example `https://prewarm.example.com`. */
  readonly accessUrl: string;
  readonly workspaceId: string;
  /** Keeps apart what several agents of one workspace remember; `main` unless said. */
  readonly agentName?: string;
  /** The start build: the `start` hook runs once for each. */
  readonly startId: string;
  /** `prebuild` or `ordinary`. */
  readonly buildStage: string;
  /** Absolute path of a file with the agent's token. Without it, `PREWARM_AGENT_TOKEN` must be in the environment. */
  readonly tokenFile?: string;
  /** Where the template's files lie in the workspace, if they do; hooks see it as `PREWARM_TEMPLATE_FOLDER`. */
  readonly templateFolder?: string;
  /**
   * The agent of this provisioner's own installation, for scripts that may run on its host: there it is taken as it is.
   * Elsewhere these paths do not exist, and the agent is fetched. Why not fetch it always: each workspace would load
   * its own copy at each start, the host may lack curl and its like, and Node may not be on the PATH that is left.
   */
  readonly installed?: { readonly node: string; readonly agent: string };
  /** Tries to fetch the agent; 20 unless said. Between two: 1, 2, 4, … at most 15 s. */
  readonly attemptsMax?: number;
  /** First pause between two tries, in whole seconds; 1 unless said, 0 for tests. */
  readonly retrySeconds?: number;
}

const attemptsMaxDefault = 20;

/**
 * A script that fetches the agent of the server, checks it, and becomes it. It needs a POSIX `sh` (busybox has one)
 * and one of curl, wget or python3. Where Node >= 20 is installed it takes the bundle; else the single executable,
 * which needs glibc. What it has fetched stays in `$HOME/.prewarm/bin`, and is fetched again only when the server has
 * another one. It holds no secret: the token comes from a file or from the environment.
 *
 * Its exit code is the agent's; 69 when no agent can be had here, with the reason on standard error.
 */
export function bootstrapScript(options: BootstrapOptions): string {
  const settings: readonly (readonly [string, string | undefined])[] = [
    ["PREWARM_URL", options.accessUrl.replace(/\/+$/, "")],
    ["PREWARM_WORKSPACE_ID", options.workspaceId],
    ["PREWARM_START_ID", options.startId],
    ["PREWARM_BUILD_STAGE", options.buildStage],
    ["PREWARM_AGENT_TOKEN_FILE", options.tokenFile],
    ["PREWARM_TEMPLATE_FOLDER", options.templateFolder],
  ];
  return [
    "#!/bin/sh",
    "# Fetches the Prewarm agent and becomes it. Needs sh and one of curl, wget, python3.",
    "set -e",
    ...settings.flatMap(([name, value]) => (value === undefined ? [] : [`export ${name}=${shellQuote(value)}`])),
    `agent_name=${shellQuote(options.agentName ?? "main")}`,
    `installed_node=${shellQuote(options.installed?.node ?? "")}`,
    `installed_agent=${shellQuote(options.installed?.agent ?? "")}`,
    `attempts_max=${options.attemptsMax ?? attemptsMaxDefault}`,
    `retry_seconds=${options.retrySeconds ?? 1}`,
    `node_flags=${shellQuote(agentNodeFlags.join(" "))}`,
    body,
  ].join("\n");
}

/** A word of `sh` that means exactly this text. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const body = String.raw`
say() { echo "prewarm: $*" >&2; }
fail() { say "$*"; exit 69; }
${keepShielded}
if [ -z "$HOME" ]; then
  [ "$(id -u)" = 0 ] || fail "HOME is not set, so there is no place for the agent. Set it for this user."
  export HOME=/root
fi
[ -n "$PREWARM_AGENT_TOKEN_FILE$PREWARM_AGENT_TOKEN" ] ||
  fail "neither PREWARM_AGENT_TOKEN_FILE nor PREWARM_AGENT_TOKEN is set. The provisioner has to give the agent its token."

umask 077
folder="$HOME/.prewarm"
mkdir -p "$folder/bin" "$folder/$agent_name" || fail "$folder cannot be written. Give this user a home folder of its own."
export PREWARM_AGENT_STATE="$folder/$agent_name/state"

# $node_flags is several words.
if [ -x "$installed_node" ] && [ -r "$installed_agent" ]; then
  umask 022
  exec "$installed_node" $node_flags "$installed_agent"
fi
${obtainAgent}
choose_agent
target="$folder/bin/$file_name"
attempt=1
until obtain; do
  rm -f "$target.$$"
  [ "$attempt" -lt "$attempts_max" ] ||
    fail "the agent could not be fetched from $PREWARM_URL in $attempts_max tries. Is this address reachable from here?"
  say "the agent could not be fetched from $PREWARM_URL (try $attempt of $attempts_max)"
  sleep "$retry_seconds"
  attempt=$((attempt + 1))
  retry_seconds=$((retry_seconds * 2))
  [ "$retry_seconds" -le 15 ] || retry_seconds=15
done
rm -f "$target.$$"

umask 022
say "starting the agent"
if [ "$file_name" = prewarm-agent.mjs ]; then exec node $node_flags "$target"; fi
exec "$target"
`;
