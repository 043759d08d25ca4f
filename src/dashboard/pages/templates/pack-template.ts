import { isRootConfiguration } from "../../../contracts/coder-words.ts";
import ignore from "ignore";
import { archiveEntriesMax } from "../../../contracts/limits.ts";
import { ignoreFileName, neverPacked } from "../../../contracts/never-packed.ts";
import type { DroppedFile } from "./dropped-file.ts";
import { tarOf } from "./tar-writer.ts";

export type Packed =
  | { readonly kind: "packed"; readonly bytes: Uint8Array<ArrayBuffer>; readonly paths: readonly string[] }
  | { readonly kind: "refused"; readonly because: string };

/** What a server takes unless it is told otherwise; it has the last word. */
export const uploadBytesUsual = 10 * 1_048_576;
/** Of all files together, before they are compressed: more would fill the browser's memory. */
const unpackedBytesMax = 64 * 1_048_576;

/** Packs a folder by the rules of `prewarm templates push`: the same is left out. */
export async function packTemplate(files: readonly DroppedFile[]): Promise<Packed> {
  const ignoring = files.find(({ path }) => path === ignoreFileName);
  const rules = ignore({ ignorecase: false })
    .add(ignoring === undefined ? "" : await ignoring.file.text())
    .add([...neverPacked]);
  const taken = files
    .filter(({ path }) => path !== ignoreFileName && !rules.ignores(path))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const total = taken.reduce((sum, { file }) => sum + file.size, 0);
  // One that is written for Coder has none; the server looks whether it is.
  if (!taken.some(({ path }) => path === "template.yaml" || isRootConfiguration(path))) {
    return refused("The folder has neither a template.yaml nor a Terraform configuration.");
  }
  if (taken.length > archiveEntriesMax) return refused(`It has more than ${archiveEntriesMax} files.`);
  if (total > unpackedBytesMax) return refused(`It has ${mebibytes(total)}, more than ${mebibytes(unpackedBytesMax)}.`);
  const tar = await tarOf(taken);
  if (typeof tar === "string") return refused(tar);
  const bytes = await gzip(tar);
  if (bytes.length > uploadBytesUsual) {
    return refused(`Packed it has ${mebibytes(bytes.length)}, more than ${mebibytes(uploadBytesUsual)}.`);
  }
  return { kind: "packed", bytes, paths: taken.map(({ path }) => path) };
}

const refused = (what: string): Packed => ({
  kind: "refused",
  because: `${what} Name what the template does not need in ${ignoreFileName}, or choose the folder that has it.`,
});

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

async function gzip(tar: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const stream = tar.stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
