import type { BuildContext, DriverContext, ParseReport } from "../../driver.ts";
import { type SessionDeps, withSession } from "./build-session.ts";
import { checkForCoder } from "./coder/check-for-coder.ts";
import { outlineOf } from "./configuration-outline.ts";
import { exampleWork } from "./variables.ts";
import { folderIn } from "./workspace-folder.ts";

const unused =
  "terraform.coder_provider has no effect: the template has no block of the provider coder/coder. Take it out of template.yaml.";

/**
 * Tries a template before it is used: `init`, `validate`, and a plan of an example workspace. Answers the lock file,
 * by which every later build of the version gets the same providers, and the outline of the configuration.
 * Errors: `invalid_template`, with Terraform's diagnostics; `transient` when providers cannot be fetched.
 */
export async function checkTemplate(
  deps: SessionDeps,
  { context, folder }: { readonly context: DriverContext; readonly folder: string },
): Promise<ParseReport> {
  const build: BuildContext = { ...context, work: exampleWork(context.manifest), saveState: async () => {} };
  const input = { context: build, folder: folderIn(folder), known: null, tfstate: null };
  return await withSession(
    deps,
    { ...input, keeping: "none", failure: "invalid_template" },
    async ({ run, lockFile, modules, declared, used }) => {
      await run.validate();
      const { document: plan } = await run.plan();
      const outline = outlineOf(plan, declared);
      const read = outline.isForCoder ? await checkForCoder(context, { plan, lockFile, run: input.folder.run }) : null;
      if (read === null && context.manifest.terraform?.coder_provider !== undefined)
        context.log("warn", "plan", unused);
      const ofCoder =
        read === null
          ? {}
          : { tellsAgentSettings: true, manifestParts: read.parts, hasDynamicForm: read.form !== null };
      const ofVariables = context.variables === undefined ? {} : { usedVariables: used };
      const form = read === null || read.form === null ? {} : { form: read.form };
      const pins = modules.length === 0 ? {} : { modules };
      return { versionState: { lockFile, outline, ...form, ...pins }, ...ofCoder, ...ofVariables };
    },
  );
}
