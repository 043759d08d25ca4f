import { CodedError, type Problem } from "../../../../contracts/errors.ts";
import type { ManifestParts } from "../../../../domain/template/merge-manifest.ts";
import type { DriverContext } from "../../../driver.ts";
import { placesOf } from "./block-places.ts";
import { blockAddress, plannedOf } from "./reading/read-blocks.ts";
import type { Finding } from "./reading/finding.ts";
import { type FormOutline, formOutline } from "../form-outline.ts";
import { backToBuiltin, coderProviderOf, servedBy } from "./provider-choice.ts";
import { textOf } from "../json-fields.ts";
import { readTemplate } from "./reading/read-template.ts";

/** Warnings of one import that are shown; a template with more has one cause many times. */
export const warningsShownMax = 100;

/**
 * Reads what a template that is written for Coder says of itself, from the plan of its import. Says who answers for the
 * provider, and warns of what has no effect. Errors: `invalid_template`, with address, file and line of each problem.
 */
export async function checkForCoder(
  { manifest, log }: DriverContext,
  { plan, run, lockFile }: { readonly plan: unknown; readonly run: string; readonly lockFile: string | null },
): Promise<{ readonly parts: ManifestParts; readonly form: FormOutline | null }> {
  const provider = coderProviderOf(manifest);
  log("info", "plan", servedBy(provider, lockFile));
  const { parts, refused, warned, dynamic } = readTemplate(plan);
  const ofOriginal = provider === "registry" ? beyondOriginal(plan) : [];
  const problems = [
    ...(await problemsOf(run, [...refused, ...ofOriginal])),
    ...strangers(manifest.agents ?? [], parts),
  ];
  for (const { field, reason, file, line } of (await problemsOf(run, warned)).slice(0, warningsShownMax)) {
    log("warn", "plan", `${file === undefined ? "" : `${file}:${line}: `}${field}: ${reason}`);
  }
  for (const { field, reason, file, line } of (await problemsOf(run, dynamic)).slice(0, warningsShownMax)) {
    log("info", "plan", `${file === undefined ? "" : `${file}:${line}: `}${field}: ${reason}`);
  }
  const left = warned.length - warningsShownMax;
  if (left > 0) log("warn", "plan", `and ${left} more of these`);
  const [first] = problems;
  if (first === undefined) return { parts, form: dynamic.length === 0 ? null : formOutline(plan, parts) };
  const where = first.file === undefined ? "" : ` (${first.file}:${first.line})`;
  const more = problems.length > 1 ? ` And ${problems.length - 1} more.` : "";
  throw new CodedError("invalid_template", `${first.field}${where}: ${first.reason}.${more}`, { problems });
}

async function problemsOf(run: string, findings: readonly Finding[]): Promise<readonly Problem[]> {
  const blocks = findings.map(({ block }) => block);
  const places = await placesOf(run, blocks);
  return findings.map(({ block, reason }) => ({ field: blockAddress(block), reason, ...places.get(block) }));
}

/** What nobody could ever sign in to with the original provider: it has one token for all agents, and none in a script. */
function beyondOriginal(plan: unknown): readonly Finding[] {
  const agents = plannedOf(plan, "coder_agent");
  const [first, ...others] = agents;
  const byCloud = agents.filter(({ values }) => !["", "token"].includes(textOf(values["auth"])));
  return [
    ...others.map((block) => ({
      block,
      reason: `the original provider has one token for all agents, so that this one would sign in as ${first?.name ?? ""}, and the workspace would wait for it for ever. Have one agent. ${backToBuiltin}`,
    })),
    ...byCloud.map((block) => ({
      block,
      reason: `auth is not "token", and the original provider puts no token into init_script, so that the agent could not sign in. ${backToBuiltin}`,
    })),
  ];
}

/** Agents of `template.yaml` that nothing makes: nobody would ever come for them. */
function strangers(own: readonly { readonly name: string }[], parts: ManifestParts): readonly Problem[] {
  const made = new Set((parts.agents ?? []).map(({ name }) => name));
  const known = [...made].join(", ") || "none";
  return own
    .filter(({ name }) => !made.has(name))
    .map(({ name }) => ({
      field: "agents",
      reason: `no coder_agent makes the agent "${name}"; the template has ${known}`,
      file: "template.yaml",
    }));
}
