import { CodedError } from "../../../../contracts/errors.ts";
import type { DriverContext } from "../../../driver.ts";
import type { ConfigurationOutline } from "../configuration-outline.ts";

/** Says who answers for the provider, and refuses agents that nobody would know. Errors: `invalid_template`. */
export function checkForCoder({ manifest, log }: DriverContext, { blocks }: ConfigurationOutline): void {
  log(
    "info",
    "plan",
    "coder/coder is served by Prewarm; it is not affiliated with or endorsed by Coder Technologies, Inc.",
  );
  const made = new Set(blocks.filter(({ type }) => type === "coder_agent").map(({ name }) => name));
  const known = new Set((manifest.agents ?? []).map(({ name }) => name));
  const unknown = [...made].filter((name) => !known.has(name));
  const missing = [...known].filter((name) => !made.has(name));
  if (unknown.length === 0 && missing.length === 0) return;
  throw new CodedError("invalid_template", wordsOf(unknown, missing), {
    next: "Name the agents of template.yaml like the resources: coder_agent.main is the agent main.",
  });
}

function wordsOf(unknown: readonly string[], missing: readonly string[]): string {
  return [
    ...unknown.map((name) => `template.yaml has no agent "${name}", which coder_agent.${name} makes.`),
    ...missing.map((name) => `No coder_agent.${name} makes the agent "${name}" of template.yaml.`),
  ].join(" ");
}
