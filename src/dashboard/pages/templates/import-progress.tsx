import { useState } from "react";
import type { TemplateVersion } from "../../../contracts/api/templates.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { State } from "../../components/state.tsx";
import { LogLines } from "../workspace/log-lines.tsx";
import { PromoteDialog } from "./promote-dialog.tsx";
import { templateAddress, versionAddress } from "./template-address.ts";

const pollMs = 500;
const linesMax = 2_000;
const ended = new Set(["succeeded", "failed", "canceled"]);

interface ImportProgressProps {
  readonly template: string;
  readonly version: TemplateVersion;
}

/** The import's log while it is written, how it ended, and the step that makes the version the active one. */
export function ImportProgress({ template, version }: ImportProgressProps) {
  const jobId = version.importJobId ?? "";
  const [isPromoting, setPromoting] = useState(false);
  const [isActive, setActive] = useState(false);
  const job = useApi("getJob", {
    key: keys.job(jobId),
    input: { params: { jobId } },
    everyMs: (last) => (last !== undefined && ended.has(last.status) ? undefined : pollMs),
  });
  const isOver = job.data !== undefined && ended.has(job.data.status);
  const log = useApi("getJobLogs", {
    key: [...keys.job(jobId), "log", isOver],
    input: { params: { jobId }, query: { limit: linesMax } },
    keepsPrevious: true,
    everyMs: isOver ? undefined : pollMs,
  });
  const status = job.data?.status ?? "pending";
  return (
    <Card
      title={`3. Import of version ${version.number}`}
      actions={<State tone={status === "succeeded" ? "ok" : isOver ? "bad" : "busy"}>{status}</State>}
    >
      {job.data?.blockedBecause === null || job.data === undefined ? null : (
        <Banner tone="warn">It waits: {job.data.blockedBecause}</Banner>
      )}
      {job.data?.error === null || job.data === undefined ? null : <Banner tone="bad">{job.data.error}</Banner>}
      <LogLines entries={log.data?.entries ?? []} label="Log of the import" />
      {status !== "succeeded" ? null : (
        <div className="mt-3 flex flex-wrap items-center gap-3">
          <Button
            kind="primary"
            disabledBecause={isActive ? "It is the active version." : undefined}
            onClick={() => setPromoting(true)}
          >
            Activate version {version.number}
          </Button>
          <PageLink to={versionAddress(template, version.number)}>What it changes</PageLink>
          <PageLink to={templateAddress(template)}>Go to {template}</PageLink>
        </div>
      )}
      {isActive ? <p className="mt-2 text-ok">Version {version.number} is active.</p> : null}
      {isPromoting ? (
        <PromoteDialog
          template={template}
          version={version}
          isBack={false}
          onClose={() => setPromoting(false)}
          onDone={() => setActive(true)}
        />
      ) : null}
    </Card>
  );
}
