import { createHash } from "node:crypto";
import { CodedError } from "../../contracts/errors.ts";
import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { ownerFacts } from "../../db/people/owner-facts.ts";
import type { ParameterValues } from "../../contracts/parameter-definition.ts";
import type { AppContext } from "../app-context.ts";
import type { VersionDefinition } from "../workspaces/version-definitions.ts";
import { askProvisioner } from "./ask-provisioner.ts";
import type { FormEvaluations, FormParameters } from "./form-evaluations.ts";

export interface FormInput {
  readonly version: VersionDefinition;
  readonly organizationId: OrganizationId;
  readonly ownerId: UserId;
  readonly askedBy: UserId;
  /** All that was chosen so far, whoever chose it. */
  readonly values: ParameterValues;
  /** What somebody fills in, of which one is evaluated at a time; null: it is not for a form. */
  readonly form: string | null;
}

export type FormsContext = AppContext & { readonly forms: FormEvaluations };

/**
 * The parameters of a version as they are for a person who has chosen these values. Of a version whose form is the same for
 * everybody they are known; else a provisioner is asked, unless the answer is known.
 * Errors: `form_unanswered`, `form_superseded`, `too_many_open`, `server_full`; `invalid_template` when the template cannot
 * be evaluated with these values; `not_found` when the person is gone.
 */
export async function formParameters(context: FormsContext, input: FormInput): Promise<FormParameters> {
  const { version, organizationId, ownerId, askedBy, values, form } = input;
  if (!version.hasDynamicForm) return version.manifest.parameters ?? [];
  const facts = await ownerFacts(context.db, organizationId, ownerId);
  if (facts === undefined) throw new CodedError("not_found", "The person whose form it is was deleted.");
  const owner = { ...facts, email: facts.email ?? "" };
  const chosen = Object.entries(values).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const question = { owner, parameters: Object.fromEntries(chosen) };
  return await context.forms.answer({
    key: createHash("sha256")
      .update(JSON.stringify([version.id, owner, chosen]))
      .digest("hex"),
    askedBy,
    form,
    nowMs: context.monotonicMs(),
    evaluate: async () =>
      await sound(context, version, await askProvisioner(context, { versionId: version.id, question })),
  });
}

/** By the rules that hold for each manifest: what a daemon answers is what a template has written. */
async function sound(context: AppContext, version: VersionDefinition, told: FormParameters): Promise<FormParameters> {
  const { presets: _, ...manifest } = version.manifest;
  const read = await context.manifestReader(JSON.stringify({ ...manifest, parameters: told }));
  if (read.kind === "ok") return read.manifest.parameters ?? [];
  const [first] = read.problems;
  const where = first === undefined || first.field === "" ? "The template" : `The template's ${first.field}`;
  const reason = first?.reason ?? "it is not valid";
  throw new CodedError("invalid_template", `${where}, with what was chosen: ${reason}.`, {
    problems: read.problems.map(({ field, reason: why }) => ({ field, reason: why })),
    next: "Choose otherwise; or the template's author corrects it.",
  });
}
