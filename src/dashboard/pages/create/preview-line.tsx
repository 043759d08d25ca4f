import type { CreateWorkspace } from "../../../contracts/api/workspaces.ts";
import type { CreationPreview } from "../../../contracts/api/creation-preview.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useRested } from "../../components/use-rested.ts";
import { type AskedQuery, QueryFault } from "../../components/query-fault.tsx";
import { durationWords } from "../../components/time-words.ts";
import { missWordsAhead } from "../workspace/miss-words.ts";

/** It is asked for when nobody has typed for so long. */
const restMs = 250;

interface Preview {
  /** What the creation would do if it was asked for now; undefined until that is known, and where it cannot be. */
  readonly preview: CreationPreview | undefined;
  readonly query: AskedQuery;
}

export function usePreview(wish: CreateWorkspace): Preview {
  const text = useRested(JSON.stringify(wish), restMs);
  const rested = JSON.parse(text) as CreateWorkspace;
  const query = useApi("previewWorkspace", {
    key: keys.preview(rested),
    input: { query: {}, body: rested },
    isEnabled: rested.name !== "",
    keepsPrevious: true,
  });
  return { preview: query.error === null ? query.data : undefined, query };
}

/** What the preview says against a field of the form. */
export function refusalAt(preview: CreationPreview | undefined, field: string): string | undefined {
  const found = preview?.refusals.find((refusal) => refusal.field === field);
  return found === undefined ? undefined : `${found.message} ${found.next ?? ""}`.trim();
}

/** The line under the button, from a dry run on the server. */
export function PreviewLine({ preview, query }: Preview) {
  return (
    <div aria-live="polite" className="mt-2 min-h-10 text-muted">
      {query.error === null ? null : <p className="mb-1">What would happen could not be told, and it can be tried.</p>}
      <QueryFault query={query} />
      {preview === undefined ? null : (
        <>
          <p>{whatHappens(preview)}</p>
          {quotaWords(preview)}
          {matchWords(preview)}
        </>
      )}
    </div>
  );
}

function whatHappens({ outcome, missReason, refusals, estimates }: CreationPreview): string {
  const about = (estimate: CreationPreview["estimates"]["warm"]): string =>
    estimate === null
      ? ""
      : ` Half of the newest took ${tookWords(estimate.p50Ms)}, nine of ten ${tookWords(estimate.p90Ms)}.`;
  switch (outcome) {
    case "claimed":
      return `A ready prebuild will be handed over at once.${about(estimates.warm)}`;
    case "waits":
      return "It will wait for a prebuild.";
    case "cold":
      return `Will be built: ${missWordsAhead(missReason ?? "")}${about(estimates.cold)}`;
    case "refused":
      return `It cannot be created: ${refusals[0]?.message ?? "the server would refuse it."}`;
  }
}

export const tookWords = (ms: number): string => (ms < 1_000 ? "less than a second" : durationWords(ms));

function quotaWords({ cost }: CreationPreview) {
  if (cost === null) return null;
  return <p>{`Quota: ${cost.used} of ${cost.allowed} units used, this costs ${cost.needed}.`}</p>;
}

/** Where no preset is chosen: which of them would do, and why the others would not. */
function matchWords({ presets, preset }: CreationPreview) {
  const matching = presets.filter(({ isMatching }) => isMatching).map(({ name }) => name);
  if (preset !== null || presets.length === 0) return null;
  const differing = presets
    .filter(({ isMatching }) => !isMatching)
    .map(({ name, differences }) => {
      const told = differences.map((difference) => `${difference.parameter} is ${difference.preset} there`);
      return `${name}: ${told.join(", ")}`;
    });
  return (
    <p>
      {matching.length === 0 ? "No preset matches" : `Presets that match: ${matching.join(", ")}`}
      {differing.length === 0 ? "." : ` (${differing.join("; ")}).`}
    </p>
  );
}
