import { certificateVariables, shieldedVariables } from "../../contracts/shielded-variables.ts";
import { agentNodeFlags } from "../agent-node-flags.ts";
import { keepShielded, obtainAgent } from "../agent-shell.ts";

/** Architectures by Go's names, as templates have them. For `armv7` there is the agent's bundle alone, which needs Node. */
const architectures = ["amd64", "arm64", "armv7"];

/** Last line of the start script, by which the init script knows that it has all of it. */
const wholeMark = "# That was the whole script.";

/** Longest pause between two tries, of either script. */
const pauseSecondsMax = 30;

/** Longest time that the start script may take to come, of which there are a few kilobytes. */
const fetchSecondsMax = 60;

/**
 * What a template of Coder's embeds as its agent's `init_script`: it fetches the start script (`coderStartScript`) of the
 * server and goes on with it. `${ACCESS_URL}`, which ends with a slash, and `${AUTH_TYPE}` are to be replaced. Empty where
 * there is no agent for the system.
 *
 * Templates paste this text into `sh -c '…'`, into cloud-init, behind other commands, and into Kubernetes manifests, and
 * hash it. So there is no single quote in it, no `$$`, which Kubernetes would read as an escape, nothing that depends on
 * a column, and nothing that differs between two builds.
 */
export function coderInitScript(os: string, arch: string): string {
  return os === "linux" && architectures.includes(arch) ? stub("${ACCESS_URL}", "${AUTH_TYPE}") : "";
}

/**
 * What is served as `coder` to templates that fetch that program by themselves: `agent` becomes our agent, and nothing
 * else is offered. @param accessUrl with its slash; where the environment has `CODER_AGENT_URL`, that counts.
 */
export function coderProgramScript(os: string, arch: string, accessUrl: string): string {
  if (coderInitScript(os, arch) === "") return "";
  const [first, ...rest] = stub(`\${CODER_AGENT_URL:-${accessUrl}}`, "${CODER_AGENT_AUTH:-token}").split("\n");
  return [
    first,
    'if [ "$1" != agent ]; then',
    '  echo "coder: this command is not offered by Prewarm here; inside a workspace its agent brings a coder of its own." >&2',
    "  exit 1",
    "fi",
    ...rest,
  ].join("\n");
}

function stub(accessUrl: string, authType: string): string {
  return String.raw`#!/bin/sh
# Starts the Prewarm agent: fetches its start script and goes on with it, and tries again until that goes well.
# The agent has its token from CODER_AGENT_TOKEN, or from the file that CODER_AGENT_TOKEN_FILE names.
set +eux
export CODER_AGENT_URL="${accessUrl}" CODER_AGENT_AUTH="${authType}"
case "$CODER_AGENT_URL" in */) ;; *) CODER_AGENT_URL="$CODER_AGENT_URL/" ;; esac
prewarm_url="$CODER_AGENT_URL"bin/agent.sh
trap "exit 143" TERM INT
prewarm_say() {
  echo "prewarm: $*" >&2
  { echo "prewarm: $*" >>/tmp/coder-agent.log; } 2>/dev/null || :
}
prewarm_fetch() (
  unset ${shieldedVariables.join(" ")}
${certificateVariables.map((name) => `  [ -r "$${name}" ] || unset ${name}`).join("\n")}
  if command -v curl >/dev/null 2>&1; then curl -fsS --connect-timeout 10 --max-time ${fetchSecondsMax} "$1"
  elif command -v wget >/dev/null 2>&1; then wget -q -O - "$1"
  elif command -v python3 >/dev/null 2>&1; then
    python3 -c "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1], timeout=${fetchSecondsMax}).read())" "$1"
  elif command -v busybox >/dev/null 2>&1; then busybox wget -q -O - "$1"
  else prewarm_say "There is neither curl, wget nor python3 to fetch the agent with. Install one of them in the image."
  fi
)
prewarm_pause=1
until
  prewarm_script="$(prewarm_fetch "$prewarm_url")"
  case "$prewarm_script" in *"${wholeMark}") : ;; *) false ;; esac
do
  prewarm_say "$prewarm_url could not be fetched. Is it reachable from here? It is tried again in $prewarm_pause s."
  sleep "$prewarm_pause" &
  wait "$!"
  prewarm_pause=$((prewarm_pause * 2))
  [ "$prewarm_pause" -le ${pauseSecondsMax} ] || prewarm_pause=${pauseSecondsMax}
done
eval "$prewarm_script"
`;
}

/**
 * What the init script goes on with, in the same shell: it has the agent, runs it, and runs it again when it ends, until
 * it is told to stop itself. As the first process of a container it takes the remains of orphans away by its `wait`.
 */
export function coderStartScript(): string {
  return `#!/bin/sh
# Fetches the Prewarm agent and keeps it running. Needs sh and one of curl, wget, python3.
set +eux
node_flags='${agentNodeFlags.join(" ")}'
pause_max=${pauseSecondsMax}
${startBody}
${wholeMark}
`;
}

const startBody = String.raw`
say() {
  echo "prewarm: $*" >&2
  { echo "prewarm: $*" >>/tmp/coder-agent.log; } 2>/dev/null || :
}
fail() { say "$*"; exit 69; }
${keepShielded}
# Of an agent that this one may be started in.
unset PREWARM_AGENT_STATE PREWARM_WORKSPACE_ID PREWARM_START_ID PREWARM_BUILD_STAGE
unset PREWARM_AGENT_TOKEN PREWARM_AGENT_TOKEN_FILE PREWARM_TEMPLATE_FOLDER
export PREWARM_URL="${"${CODER_AGENT_URL%/}"}"
if [ -n "$CODER_AGENT_TOKEN_FILE" ]; then export PREWARM_AGENT_TOKEN_FILE="$CODER_AGENT_TOKEN_FILE"
elif [ -n "$CODER_AGENT_TOKEN" ]; then export PREWARM_AGENT_TOKEN="$CODER_AGENT_TOKEN"
fi

# The home that the account has, else a folder of its own: some are started without HOME, or have no account.
find_home() {
  [ -z "$HOME" ] || return 0
  account="$(id -un 2>/dev/null)"
  case "$account" in
    "" | *[!A-Za-z0-9._-]*) ;;
    *) HOME="$(eval "echo ~$account")" ;;
  esac
  case "$HOME" in
    /?*) ;;
    *)
      HOME="/tmp/prewarm-home-$(id -u)"
      mkdir -p -m 700 "$HOME"
      [ -O "$HOME" ] || fail "HOME is not set, and $HOME, which would stand for it, is somebody else's. Set HOME for this user."
      ;;
  esac
  echo "$HOME"
}

${obtainAgent}
# Has the agent, and prints the name of its file; in a shell of its own, which a failure ends.
prepare() (
  [ -n "$PREWARM_AGENT_TOKEN_FILE$PREWARM_AGENT_TOKEN" ] ||
    fail "neither CODER_AGENT_TOKEN nor CODER_AGENT_TOKEN_FILE is set. The template has to give the agent its token."
  umask 077
  mkdir -p "$HOME" "$folder" || fail "$folder cannot be written. Set BINARY_DIR to a folder that can, or give this user a home folder of its own."
  choose_agent
  target="$folder/$file_name"
  obtain || {
    rm -f "$target.$$"
    fail "the agent could not be fetched from $PREWARM_URL. Is this address reachable from here?"
  }
  rm -f "$target.$$"
  echo "$file_name"
)

# $node_flags is several words.
begin() {
  if [ "$file_name" = prewarm-agent.mjs ]; then exec node $node_flags "$folder/$file_name"; fi
  exec "$folder/$file_name"
}

child=
stopping=
stop() {
  stopping=1
  [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}

# Rests, or ends when it was told to meanwhile.
rest() {
  sleep "$1" &
  child=$!
  wait "$child"
  child=
  [ -z "$stopping" ] || exit 143
}

keep_running() {
  pause=1
  trap stop TERM INT
  trap : HUP
  until found="$(find_home)"; do rest "$pause_max"; done
  export HOME="${"${found:-$HOME}"}"
  folder="${"${BINARY_DIR:-$HOME/.prewarm/bin}"}"
  umask 022
  while :; do
    if file_name="$(prepare)"; then
      [ -z "$stopping" ] || exit 143
      say "starting the agent"
      began="$(date +%s)"
      begin &
      child=$!
      [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null
      wait "$child"
      code=$?
      # A signal ends a wait early; then the agent is waited for once more.
      if [ -n "$stopping" ]; then
        [ "$code" -le 128 ] || { wait "$child"; code=$?; }
        exit "$code"
      fi
      child=
      [ $(($(date +%s) - began)) -lt 60 ] || pause=1
      say "the agent has ended with $code and is started again in $pause s"
    fi
    rest "$pause"
    pause=$((pause * 2))
    [ "$pause" -le "$pause_max" ] || pause=$pause_max
  done
}
keep_running
`;
