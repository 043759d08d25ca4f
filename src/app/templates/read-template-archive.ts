import { CodedError } from "../../contracts/errors.ts";
import { archiveEntriesMax, templateWarningsMax } from "../../contracts/limits.ts";
import { secretScanBytesMax, secretWarning, type TemplateWarning } from "../../contracts/secret-files.ts";
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
  const entry = await readArchiveEntry(archive, "template.yaml", {
    limits: { entriesMax: archiveEntriesMax, unpackedBytesMax },
    beginnings: {
      bytesMax: secretScanBytesMax,
      // A byte becomes a character, whatever it is: what is looked for is ASCII.
      look: (path, bytes) => {
        const warning = secretWarning(path, bytes.toString("latin1"));
        if (warning !== null) warnings.push(warning);
      },
    },
  });
  if (entry === null) {
    throw invalidManifest([{ field: "", reason: "the folder has no template.yaml", file: "template.yaml" }]);
  }
  const read = await readTemplate(context.manifestReader, entry);
  return { ...read, warnings: warnings.toSorted(byFile).slice(0, templateWarningsMax) };
}

const byFile = (one: TemplateWarning, other: TemplateWarning): number => (one.file < other.file ? -1 : 1);
