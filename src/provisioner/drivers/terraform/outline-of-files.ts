import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { coderWords } from "../../../contracts/coder-words.ts";
import { declaredVariables } from "./declared-variables.ts";
import type { ConfigurationOutline } from "./configuration-outline.ts";

/** More files, or longer ones, are not looked at: the plan tells the same later, and says so where it differs. */
export const scannedFilesMax = 5_000;
export const scannedFileBytesMax = 4 * 1024 * 1024;

const prewarmVariable = /^\s*variable\s+"prewarm"|"variable"\s*:[^]*"prewarm"\s*:/m;

/**
 * What the files of a configuration tell before there is a plan: whether Prewarm's provider has to be served for it, and
 * whether it asks for our variable. By words, since Terraform can say it only with the provider at hand. A template
 * that only mentions them is served a provider that it does not ask.
 * @param run Terraform's working directory, initialized
 */
export async function outlineOfFiles(run: string): Promise<ConfigurationOutline> {
  const files = await configurationFiles(run);
  const own = await Promise.all(
    files
      .filter((file) => path.dirname(file) === run)
      .map(async (file) => ({ name: path.basename(file), text: await textOfConfiguration(file) })),
  );
  let isForCoder = own.some(({ text }) => coderWords.test(text));
  for (const file of files) {
    if (isForCoder) break;
    isForCoder = coderWords.test(await textOfConfiguration(file));
  }
  const declaresPrewarm = own.some(({ text }) => prewarmVariable.test(text));
  return { isForCoder, declaresPrewarm, variables: declaredVariables(own), blocks: [] };
}

async function configurationFiles(run: string): Promise<readonly string[]> {
  const own = await readdir(run, { recursive: true });
  // A link to the version's own, which the listing above does not follow.
  const modules = path.join(".terraform", "modules");
  const downloaded = await readdir(path.join(run, modules), { recursive: true }).catch(() => []);
  return [...own, ...downloaded.map((name) => path.join(modules, name))]
    .filter((name) => name.endsWith(".tf") || name.endsWith(".tf.json") || name.endsWith(".tofu"))
    .slice(0, scannedFilesMax)
    .map((name) => path.join(run, name));
}

/** Empty for a file that is too long to be somebody's configuration. */
export async function textOfConfiguration(file: string): Promise<string> {
  const { size } = await stat(file);
  return size > scannedFileBytesMax ? "" : await readFile(file, "utf8");
}
