import { rm } from "node:fs/promises";
import { CodedError } from "../../../contracts/errors.ts";
import type { BuildContext, FormContext, FormReport } from "../../driver.ts";
import { type SessionDeps, withSession } from "./build-session.ts";
import { type CoderProviderChoice, coderProviderOf } from "./coder/provider-choice.ts";
import { blockAddress } from "./coder/reading/read-blocks.ts";
import { formFaults, readParameters } from "./coder/reading/read-template.ts";
import { readFormOutline } from "./form-outline.ts";
import { exampleWork } from "./variables.ts";
import { folderIn } from "./workspace-folder.ts";

/**
 * The form of a template for one person and what he has chosen so far: a plan of nothing that is restricted to the
 * parameters, and what it has read. Nothing outside is asked, but for data sources that the parameters use themselves.
 * Errors: `invalid_template`, with Terraform's diagnostics; `transient` when providers cannot be fetched.
 */
export async function evaluateForm(
  deps: SessionDeps,
  { context, folder }: { readonly context: FormContext; readonly folder: string },
): Promise<FormReport> {
  const outline = readFormOutline(context.versionState);
  if (outline === null) throw withoutOutline();
  const read = new Set(outline.names);
  const ofFile = (context.manifest.parameters ?? []).filter(({ name }) => !read.has(name));
  const input = {
    context: buildOf(context),
    folder: folderIn(folder),
    known: null,
    tfstate: null,
    keeping: "none",
    failure: "invalid_template",
    isForm: true,
    preparing: context.preparing,
  } as const;
  try {
    const formBy = (provider: CoderProviderChoice): Promise<FormReport> =>
      withSession(deps, { ...input, provider }, async ({ run, phases }) => {
        const { document: plan } = await run.plan({ refresh: false, targets: outline.targets });
        const [fault] = formFaults(plan);
        if (fault !== undefined) {
          throw new CodedError("invalid_template", `${blockAddress(fault.block)}: ${fault.reason}.`);
        }
        return { parameters: [...readParameters(plan), ...ofFile], phases: phases.timings };
      });
    // Of a value that does not fit, the original provider answers with an error and no form. Ours does not know what is
    // newer than it is.
    return await formBy("builtin").catch(async (error: unknown) => {
      const isUnknownToOurs = error instanceof CodedError && error.code === "invalid_template";
      if (coderProviderOf(context.manifest) === "builtin" || !isUnknownToOurs) throw error;
      return await formBy("registry");
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A start of a workspace that there is not, by the person himself: what a template asks of a person, it asks of him. */
function buildOf(context: FormContext): BuildContext {
  const work = { ...exampleWork(context.manifest), stage: "ordinary" as const, workspaceName: "example" };
  const { owner, parameters } = context;
  return { ...context, work: { ...work, owner, parameters: { ...parameters } }, saveState: async () => {} };
}

function withoutOutline(): CodedError {
  return new CodedError("invalid_template", "The version was imported before forms were evaluated.", {
    next: "Push the template again.",
  });
}
