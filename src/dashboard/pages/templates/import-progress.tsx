import { useState } from "react";
import type { TemplateVersion } from "../../../contracts/api/templates.ts";
import { isJobFinished } from "../../../contracts/states.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { LogView } from "../../components/log-view/log-view.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { State } from "../../components/state.tsx";
import { PromoteDialog } from "./promote-dialog.tsx";
import { templateAddress, versionAddress } from "./template-address.ts";

const pollMs = 500;

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
    everyMs: (last) => (last !== undefined && isJobFinished(last.status) ? undefined : pollMs),
  });
  const isOver = job.data !== undefined && isJobFinished(job.data.status);
  const status = job.data?.status ?? "pending";
  return (
    <Card
      title={`3. Import of version ${version.number}`}
      actions={<State tone={status === "succeeded" ? "ok" : isOver ? "bad" : "busy"}>{status}</State>}
    >
      <QueryFault query={job} />
      {job.data?.waitingFor?.kind !== "daemon" ? null : (
        <Banner tone="warn">It waits for {job.data.waitingFor.text}</Banner>
      )}
      {job.data?.error === null || job.data === undefined ? null : <Banner tone="bad">{job.data.error}</Banner>}
      {jobId === "" ? null : (
        <LogView
          source={{ kind: "job", jobId }}
          queryKey={keys.job(jobId)}
          label="Log of the import"
          fileName={`${template}-${version.number}-import.log`}
          everyMs={isOver ? undefined : pollMs}
        />
      )}
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
