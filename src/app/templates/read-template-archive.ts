import { CodedError } from "../../contracts/errors.ts";
import { archiveEntriesMax, templateWarningsMax } from "../../contracts/limits.ts";
import { secretScanBytesMax, secretWarning, type TemplateWarning } from "../../contracts/secret-files.ts";
import { coderWords, isRootConfiguration } from "../../contracts/coder-words.ts";
import { readArchiveEntry } from "../../platform/archive/archive-entry.ts";
import type { AppContext } from "../app-context.ts";
import { type ReadTemplate, readTemplate } from "./manifest-reader.ts";
import { invalidManifest } from "./read-manifest.ts";

type Read = Extract<ReadTemplate, { kind: "ok" }> & {
  /** By path, the first `templateWarningsMax`. */
  readonly warnings: readonly TemplateWarning[];
};

/** What a push says of an archive before anything is stored. Errors: `too_large`, `invalid_archive`, `invalid_manifest`. */
export async function readTemplateArchive(context: AppContext, archive: Buffer): Promise<Read> {
  const { uploadBytesMax, unpackedBytesMax } = context.options;
  if (archive.length > uploadBytesMax) {
    throw new CodedError(
      "too_large",
      `The archive has ${archive.length} bytes; at most ${uploadBytesMax} are allowed.`,
    );
  }
  const warnings: TemplateWarning[] = [];
  let isForCoder = false;
  const entry = await readArchiveEntry(archive, "template.yaml", {
    limits: { entriesMax: archiveEntriesMax, unpackedBytesMax },
    beginnings: {
      bytesMax: secretScanBytesMax,
      // A byte becomes a character, whatever it is: what is looked for is ASCII.
      look: (path, bytes) => {
        const text = bytes.toString("latin1");
        isForCoder ||= isRootConfiguration(path) && coderWords.test(text);
        const warning = secretWarning(path, text);
        if (warning !== null) warnings.push(warning);
      },
    },
  });
  if (entry === null && !isForCoder) {
    const reason = "the folder has no template.yaml, and no Terraform configuration that is written for Coder";
    throw invalidManifest([{ field: "", reason, file: "template.yaml" }]);
  }
  const bytes = entry ?? Buffer.from(manifestOfNone);
  // What the configuration says itself is known after the import, which then holds the rules against the whole.
  const shape = isForCoder ? await readTemplate(context.manifestReader, bytes, "shape") : null;
  const isCompletedLater = shape?.manifest.driver === "terraform";
  const read = shape !== null && isCompletedLater ? shape : await readTemplate(context.manifestReader, bytes);
  return { ...read, warnings: warnings.toSorted(byFile).slice(0, templateWarningsMax) };
}

/** Of a folder without `template.yaml`: all else is in its Terraform configuration, and is read by the import. */
const manifestOfNone = "driver: terraform\n";

const byFile = (one: TemplateWarning, other: TemplateWarning): number => (one.file < other.file ? -1 : 1);
