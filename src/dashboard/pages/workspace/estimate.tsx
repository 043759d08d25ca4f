import type { Workspace } from "../../../contracts/api/workspaces.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { ProgressBar } from "../../components/progress-bar.tsx";
import { durationWords } from "../../components/time-words.ts";
import { useServerNow } from "../../components/time.tsx";

/** How long such a start takes by experience, and how far this one is; nothing where nobody has any. */
export function Estimate({ workspace }: { readonly workspace: Workspace }) {
  const now = useServerNow(1_000);
  const { template, organization, preset, latestBuild } = workspace;
  const isStart = latestBuild.transition === "start";
  const found = useApi("getTemplate", {
    key: keys.templatePart(template, "estimates"),
    input: { params: { template }, query: { organization } },
    isEnabled: isStart && preset !== null,
  });
  const estimates = found.data?.presets.find(({ name }) => name === preset)?.estimates;
  const estimate = latestBuild.stage === "claim" ? estimates?.warm : estimates?.cold;
  if (!isStart || estimate === undefined || estimate === null) return null;
  const elapsedMs = Math.max(0, now - Date.parse(latestBuild.createdAt));
  const share = elapsedMs >= estimate.p50Ms ? null : elapsedMs / estimate.p50Ms;
  return (
    <div className="mb-3">
      <ProgressBar label="How far it is by experience" share={share} />
      <p className="mt-1 text-muted">
        For {durationWords(elapsedMs)}. It usually takes {durationWords(estimate.p50Ms)}, and{" "}
        {durationWords(estimate.p90Ms)} in one of ten cases, by the last {estimate.samples}.
      </p>
    </div>
  );
}
