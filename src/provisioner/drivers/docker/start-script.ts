import { bootstrapScript, shellQuote } from "../../bootstrap.ts";
import type { JobAgent } from "../../../contracts/provisioner-protocol.ts";

/** What a bootstrap that cannot have an agent here exits with. */
export const noAgentExitCode = 69;
/** The start script says this when an agent's program is there and about to run. */
export const agentStartsLine = "prewarm: starting the agent";

export interface StartScriptOptions {
  /** The agent's folder in the container, absolute. */
  readonly folder: string;
  /** Of this build's template files, below `folder`; those of earlier builds are removed. */
  readonly templateFolder: string;
  readonly agents: readonly JobAgent[];
}

/**
 * The container's first process. It keeps each agent running, ends them when it is told to, and, as every orphan of
 * the container becomes its child, its `wait` takes their remains away: no `docker-init` is needed.
 */
export function startScript({ folder, templateFolder, agents }: StartScriptOptions): string {
  const names = agents.map(({ name }) => shellQuote(name)).join(" ");
  return `#!/bin/sh
cd "$HOME" 2>/dev/null || cd /
for old in ${shellQuote(folder)}/templates/*; do
  [ "$old" = ${shellQuote(templateFolder)} ] || rm -rf "$old" 2>/dev/null || :
done

# keep NAME: runs one agent, and again when it ends, later and later.
keep() {
  pause=1
  child=
  trap 'trap "" TERM; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; exit 0' TERM
  while :; do
    began=$(date +%s)
    sh ${shellQuote(folder)}/"$1"/bootstrap.sh &
    child=$!
    wait "$child"
    code=$?
    [ "$code" -ne ${noAgentExitCode} ] || exit ${noAgentExitCode}
    [ $(($(date +%s) - began)) -lt 60 ] || pause=1
    echo "prewarm: the agent $1 has ended with $code and is started again in $pause s" >&2
    sleep "$pause" &
    wait $!
    pause=$((pause * 2))
    [ "$pause" -le 30 ] || pause=30
  done
}

keepers=
for name in ${names}; do
  keep "$name" &
  keepers="$keepers $!"
done
trap 'kill -TERM $keepers 2>/dev/null' TERM INT
for keeper in $keepers; do
  wait "$keeper"
  code=$?
  # A signal ends a wait early; then the keeper is waited for once more.
  if [ "$code" -gt 128 ]; then
    wait "$keeper"
    code=$?
  fi
  [ "$code" -ne ${noAgentExitCode} ] || exit ${noAgentExitCode}
done
`;
}

export interface AgentBootstrapOptions {
  readonly accessUrl: string;
  readonly workspaceId: string;
  readonly startId: string;
  readonly buildStage: string;
  readonly folder: string;
  readonly templateFolder: string;
  readonly agentName: string;
}

/** The script that `keep` runs for one agent; its token lies beside it. */
export function agentBootstrap(options: AgentBootstrapOptions): string {
  return bootstrapScript({ ...options, tokenFile: `${options.folder}/${options.agentName}/token` });
}
