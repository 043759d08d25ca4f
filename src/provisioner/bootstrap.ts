import { certificateVariables, shieldedVariables } from "../contracts/shielded-variables.ts";
import { agentNodeFlags } from "./agent-node-flags.ts";

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
have() { command -v "$1" >/dev/null 2>&1; }

# What the image and the template set for the workspace's own programs must not reach the agent, nor what fetches it: a
# preloaded file that is not there, a debugger's port, a proxy for the world outside. The agent gives it back to them.
keep() { eval "PREWARM_KEPT_$1=\$$1; export PREWARM_KEPT_$1; unset $1"; }
for name in ${shieldedVariables.join(" ")}; do
  eval "[ -z \"\${$name+set}\" ]" || keep "$name"
done
# A certificate that is there is what the server is trusted by.
for name in ${certificateVariables.join(" ")}; do
  eval "[ -z \"\${$name+set}\" ] || [ -r \"\$$name\" ]" || keep "$name"
done

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

# The bundle where Node is new enough; else the executable, which brings its own Node and leans on glibc.
choose_agent() {
  if have node && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' 2>/dev/null; then
    file_name=prewarm-agent.mjs
    return
  fi
  [ "$(uname -s)" = Linux ] || fail "this is $(uname -s) without Node 20 or newer, and the agent's executable is for Linux. Install Node."
  case "$(uname -m)" in
    x86_64 | amd64) architecture=x64 loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64 | arm64) architecture=arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
    *) fail "there is no agent executable for $(uname -m). Install Node 20 or newer in the image." ;;
  esac
  [ -e "$loader" ] ||
    fail "this system has no glibc (it may be Alpine or another one with musl), which the agent's executable needs. Install Node 20 or newer in the image, or use one with glibc 2.28 or newer, such as Debian."
  file_name=prewarm-agent-linux-$architecture
}

# download URL FILE
download() {
  if have curl; then
    compressed=
    case "$(curl --version)" in *libz*) compressed=--compressed ;; esac
    curl -fsS $compressed --connect-timeout 10 --max-time 600 -o "$2" "$1"
  elif have wget; then
    # Without -T: busybox 1.35 dies of it. Both wgets give a silent server up after 900 s by themselves.
    wget -q -O "$2" "$1"
  elif have python3; then
    python3 -c '
import gzip, shutil, sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Accept-Encoding": "gzip"})
with urllib.request.urlopen(request, timeout=60) as answer, open(sys.argv[2], "wb") as out:
    packed = answer.headers.get("Content-Encoding") == "gzip"
    shutil.copyfileobj(gzip.GzipFile(fileobj=answer) if packed else answer, out)
' "$1" "$2"
  else
    fail "the agent cannot be fetched: there is neither curl, wget nor python3. Install one of them in the image."
  fi
}

# Prints the SHA-256 of a file; nothing where no program can tell it.
sum_of() {
  if have sha256sum; then sha256sum "$1" | cut -d ' ' -f 1
  elif have python3; then python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
  elif have openssl; then openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  fi
}

# Has the wanted agent at $target; fails when it cannot be had now.
obtain() {
  url="$PREWARM_URL/bin/$file_name"
  part="$target.$$"
  download "$url.sha256" "$part" || return 1
  wanted="$(cut -d ' ' -f 1 <"$part")"
  if [ -x "$target" ] && [ "$(sum_of "$target")" = "$wanted" ]; then return 0; fi
  download "$url" "$part" || return 1
  got="$(sum_of "$part")"
  if [ -n "$got" ] && [ "$got" != "$wanted" ]; then
    say "$url came with the checksum $got instead of $wanted"
    return 1
  fi
  chmod 700 "$part" && mv -f "$part" "$target"
}

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
