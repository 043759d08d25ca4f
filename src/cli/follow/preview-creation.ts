import type { Client } from "../../client/client.ts";
import type { CreationPreview } from "../../contracts/api/creation-preview.ts";
import type { CreateWorkspace } from "../../contracts/api/workspaces.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { missReasonWords } from "../output/miss-reason.ts";
import { printable } from "../output/printable.ts";
import { elapsedText } from "../output/time-text.ts";
import { valueLines } from "./told-parameters.ts";

/** Says what a creation would do, and makes nothing. @returns 1 when it would be refused. */
export async function previewCreation(client: Client, body: CreateWorkspace, invocation: Invocation): Promise<number> {
  const { output, organization } = invocation;
  const preview = await client.call("previewWorkspace", { body, query: organization });
  const values = output.isStructured ? [] : await valueLines(client, { ...body, ...preview }, invocation);
  const told = values.length === 0 ? [] : ["parameters:", ...values.map((line) => `  ${line}`)];
  output.result(preview, () => [...linesOf(preview), ...told].join("\n"));
  return preview.outcome === "refused" ? exitCodes.failed : exitCodes.done;
}

function linesOf(preview: CreationPreview): string[] {
  const { preset, cost, presets } = preview;
  const others = presets.filter(({ name, isMatching }) => isMatching && name !== preset).map(({ name }) => name);
  return [
    outcomeLine(preview),
    ...preview.refusals.map(({ message, next }) => printable(next === null ? `  ${message}` : `  ${message} ${next}`)),
    ...(preset === null ? [] : [`preset: ${printable(preset)}`]),
    ...(others.length === 0 ? [] : [`also matching: ${printable(others.join(", "))}`]),
    ...(cost === null ? [] : [`cost: ${cost.needed} cost units; ${cost.used} of ${cost.allowed} are used`]),
    ...estimateLines(preview),
  ];
}

function outcomeLine({ outcome, ready, missReason }: CreationPreview): string {
  const why = missReason === null ? "" : ` (${missReasonWords(missReason)})`;
  switch (outcome) {
    case "claimed":
      return `A ready prebuild would be handed over at once; ${ready} ${ready === 1 ? "is" : "are"} ready.`;
    case "waits":
      return `It would wait for a prebuild${why}.`;
    case "cold":
      return `It would be built cold${why}.`;
    case "refused":
      return "It would be refused.";
  }
}

function estimateLines({ estimates }: CreationPreview): string[] {
  return (["warm", "cold"] as const).flatMap((kind) => {
    const estimate = estimates[kind];
    if (estimate === null) return [];
    const { p50Ms, p90Ms, samples } = estimate;
    return [`expected ${kind}: ${elapsedText(p50Ms)}, at most ${elapsedText(p90Ms)} nine times of ten (of ${samples})`];
  });
}
