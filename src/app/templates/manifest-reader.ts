import { CodedError, type Problem } from "../../contracts/errors.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import { type CheckedPreset, checkManifest } from "./check-manifest.ts";
import { invalidManifest, readManifest } from "./read-manifest.ts";

/** What a publish stores of a manifest that is sound, or all that is wrong with it. Plain data, which a thread can send. */
export type ReadTemplate =
  | { readonly kind: "ok"; readonly manifest: Manifest; readonly presets: readonly CheckedPreset[] }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** `shape`: what the rules speak of is not all there yet, so only the schema is held against it, and there are no presets. */
export type ReadingDepth = "rules" | "shape";

/** Reads `template.yaml`, whatever it holds, without keeping anybody else waiting. */
export type ManifestReader = (text: string, depth?: ReadingDepth) => Promise<ReadTemplate>;

/** The reading itself, for the thread in which it may take as long as it is given. */
export function readTemplateText(text: string, depth: ReadingDepth = "rules"): ReadTemplate {
  try {
    const read = readManifest(text);
    return { kind: "ok", manifest: read.manifest, presets: depth === "shape" ? [] : checkManifest(read) };
  } catch (error) {
    if (error instanceof CodedError && error.code === "invalid_manifest") {
      return { kind: "refused", problems: error.problems };
    }
    // So deep that the reading ran out of stack.
    if (error instanceof RangeError) return refusedTemplate("it is nested too deeply to be read");
    throw error;
  }
}

export function refusedTemplate(reason: string): ReadTemplate {
  return { kind: "refused", problems: [{ field: "", reason, file: "template.yaml" }] };
}

/** Errors: `invalid_manifest`, with each problem; what the reader itself throws. */
export async function readTemplate(
  reader: ManifestReader,
  bytes: Buffer,
  depth?: ReadingDepth,
): Promise<Extract<ReadTemplate, { readonly kind: "ok" }>> {
  const read = await reader(textOf(bytes), depth);
  if (read.kind === "refused") throw invalidManifest(read.problems);
  return read;
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidManifest([{ field: "", reason: "it is not in UTF-8", file: "template.yaml" }]);
  }
}
