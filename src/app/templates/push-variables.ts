import { CodedError } from "../../contracts/errors.ts";
import type { OrganizationId, TemplateVersionId } from "../../contracts/ids.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { type TemplateVariables, variableFaults } from "../../contracts/template-variables.ts";
import { lastVariables, type VersionVariablesRow } from "../../db/templates/version-variables.ts";
import type { AppContext } from "../app-context.ts";

/** What is sealed with a version. */
export interface VersionVariables {
  readonly values: TemplateVariables;
  /** Names of those that nobody gave at this push: they come from the version before. */
  readonly carried: readonly string[];
}

export interface VariablesInput {
  readonly organizationId: OrganizationId;
  readonly template: string;
  readonly versionId: TemplateVersionId;
  readonly manifest: Manifest;
  readonly given: TemplateVariables;
  /** Whether those of the version before are used again. */
  readonly isKeeping: boolean;
}

export interface PushedVariables {
  /** Null: there are none. */
  readonly stored: { readonly names: readonly string[]; readonly sealed: Buffer; readonly keyId: string } | null;
  readonly reused: { readonly version: number; readonly names: string[] } | null;
}

const drivenByTerraform = "terraform";

/**
 * The variables of a version that is pushed: those that are given, and of the version before what is not given anew.
 * Errors: `invalid_request`, without any value in it; `state_key_mismatch`.
 */
export async function variablesOfPush(context: AppContext, input: VariablesInput): Promise<PushedVariables> {
  const { given, manifest, versionId } = input;
  requireGood(given);
  if (manifest.driver !== drivenByTerraform) {
    if (Object.keys(given).length === 0) return { stored: null, reused: null };
    throw new CodedError(
      "invalid_request",
      `A template of the driver "${manifest.driver}" has no Terraform variables.`,
      {
        next: "Leave out --variable and --variables-file. What people choose themselves are `parameters` of template.yaml.",
      },
    );
  }
  const row = input.isKeeping
    ? await lastVariables(context.db, { organizationId: input.organizationId, name: input.template })
    : undefined;
  const before = row === undefined ? {} : await valuesOf(context, row);
  const carried = Object.keys(before).filter((name) => !Object.hasOwn(given, name));
  const values = { ...Object.fromEntries(carried.map((name) => [name, before[name] ?? ""])), ...given };
  requireGood(values);
  const names = Object.keys(values).toSorted();
  if (names.length === 0) return { stored: null, reused: null };
  const content: VersionVariables = { values, carried };
  const sealed = await context.stateVault.seal(versionId, content);
  return {
    stored: { names, ...sealed },
    reused: row === undefined || carried.length === 0 ? null : { version: row.number, names: carried.toSorted() },
  };
}

function requireGood(variables: TemplateVariables): void {
  const problems = variableFaults(variables);
  const [first] = problems;
  if (first === undefined) return;
  throw new CodedError("invalid_request", `The Terraform variables are not valid: ${first.field}: ${first.reason}.`, {
    problems,
  });
}

async function valuesOf(context: AppContext, row: VersionVariablesRow): Promise<TemplateVariables> {
  try {
    const { values } = await openVariables(context, row);
    return values;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
    throw new CodedError("state_key_mismatch", error.message, {
      cause: error,
      next: "Put the key that sealed them behind the present one in `state.key`, or give all variables anew with --no-keep-variables.",
    });
  }
}

/** Those of a version that its template declares, as far as its import has told. Errors: `state_key_mismatch`. */
export async function openVariables(
  context: AppContext,
  row: Pick<VersionVariablesRow, "id" | "template" | "number" | "names" | "sealed" | "key_id">,
): Promise<VersionVariables> {
  let opened: VersionVariables;
  try {
    // As `variablesOfPush` has sealed it.
    opened = (await context.stateVault.open(row.id, { sealed: row.sealed, keyId: row.key_id })) as VersionVariables;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
    const message = `The Terraform variables of version ${row.number} of ${row.template} cannot be opened: they are damaged, or sealed with the key ${row.key_id}, which is not given here.`;
    throw new CodedError("state_key_mismatch", message, { cause: error });
  }
  const values = row.names.flatMap((name): [string, string][] => {
    const value = opened.values[name];
    return value === undefined || !Object.hasOwn(opened.values, name) ? [] : [[name, value]];
  });
  return { values: Object.fromEntries(values), carried: opened.carried.filter((name) => row.names.includes(name)) };
}
