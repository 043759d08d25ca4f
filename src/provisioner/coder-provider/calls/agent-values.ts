import { displayAppDefaults } from "../schema/agent-schema.ts";
import { entryOf } from "../job-facts.ts";
import { mapItems } from "../values/conform.ts";
import { fieldOf, type Fields, isFields, textOf, unknownValue, type Value } from "../values/value.ts";
import { accessUrlOf, type ProviderState } from "./provider-state.ts";

type Known = Pick<ProviderState, "facts" | "ownUrl">;

/** The token that the job gives to the agent of this name, which is then started anew; undefined where it gives none. */
export function tokenOfJob({ facts }: Known, agent: Fields): string | undefined {
  return entryOf(facts.agentTokens, textOf(agent, "prewarm_name"));
}

/**
 * `token` and `init_script` of an agent as far as they are known. An agent that is not started anew keeps both: what
 * runs was made with them, and a script that another release of ours words otherwise would replace it.
 */
export function agentSecrets(known: Known, agent: Fields, prior: Fields | null): Fields {
  const ofJob = tokenOfJob(known, agent);
  const kept = ofJob === undefined && prior !== null ? textOf(prior, "init_script") : "";
  const token = ofJob ?? (prior === null ? "" : textOf(prior, "token"));
  return {
    token: token === "" ? unknownValue : token,
    init_script: kept === "" ? initScript(known, agent, token) : kept,
  };
}

/**
 * The text that a machine runs (spec §8). It is known before the agent is made, unless the agent proves who it is by its
 * cloud: we have no verifier of clouds, so that the token is then in the text (spec §3.2). An empty token is not known.
 */
export function initScript(known: Known, agent: Fields, token: string): Value {
  const [os, arch, auth] = ["os", "arch", "auth"].map((name) => fieldOf(agent, name));
  if (typeof os !== "string" || typeof arch !== "string" || typeof auth !== "string") return unknownValue;
  const text = known.facts
    .initScript(os, arch)
    .replaceAll("${ACCESS_URL}", () => rootOf(accessUrlOf(known)))
    .replaceAll("${AUTH_TYPE}", () => auth);
  if (auth === "token" || text === "") return text;
  return token === "" ? unknownValue : withToken(text, token);
}

/** With a slash at its end, and without the path: as the real provider resolves it (spec §8.1). */
function rootOf(accessUrl: string): string {
  return new URL("/", accessUrl).href;
}

const tokenPattern = /^[A-Za-z0-9._~+/=-]+$/;

function withToken(script: string, token: string): string {
  // It becomes a word of a shell script, in which only these stand for themselves.
  if (!tokenPattern.test(token)) throw new Error("The token of an agent cannot stand in a script.");
  const line = `export CODER_AGENT_TOKEN="${token}"\n`;
  if (!script.startsWith("#!")) return `${line}${script}`;
  const end = script.indexOf("\n");
  return end < 0 ? `${script}\n${line}` : `${script.slice(0, end + 1)}${line}${script.slice(end + 1)}`;
}

/** `display_apps` as the template gives it, with what it leaves out. */
export function displayApps(config: Fields): Value {
  const given = fieldOf(config, "display_apps");
  if (given === null) return [displayAppDefaults];
  return mapItems(given, (item) => (isFields(item) ? withDisplayDefaults(item) : item));
}

function withDisplayDefaults(item: Fields): Fields {
  return Object.fromEntries(
    Object.entries(displayAppDefaults).map(([name, isShown]) => [name, fieldOf(item, name) ?? isShown]),
  );
}
