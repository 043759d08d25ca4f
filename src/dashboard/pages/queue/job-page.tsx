import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { Job } from "../../../contracts/api/jobs.ts";
import { cancelRefusal } from "../../../contracts/job-actions.ts";
import { isJobFinished } from "../../../contracts/states.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { LogView } from "../../components/log-view/log-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { durationWords } from "../../components/time-words.ts";
import { Time } from "../../components/time.tsx";
import { NotFoundPage } from "../not-found-page.tsx";
import { CancelJob } from "./cancel-job.tsx";
import { Since } from "./job-columns.tsx";
import { JobState, jobTitle, laneTitles, tagsText } from "./job-words.tsx";

const crumbs = [{ label: "Queue", to: "/queue" }];
/** While it waits, what it waits for is made by others, of whom this page does not hear. */
const pendingEveryMs = 2_000;

/** A job: what it is about, what it waits for or how it ended, and its log. */
export default function JobPage() {
  const { jobId = "" } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const job = useApi("getJob", {
    key: keys.job(jobId),
    input: { params: { jobId } },
    everyMs: (last) => (last?.status === "pending" ? pendingEveryMs : undefined),
  });
  const title = job.data === undefined ? "Job" : jobTitle(job.data);
  usePageTitle(title, "Queue");
  const [isCanceling, setCanceling] = useState(false);
  if (job.error?.code === "not_found" || job.error?.code === "invalid_request") return <NotFoundPage />;
  if (job.data === undefined) {
    return (
      <>
        <PageHeader title={title} crumbs={crumbs} />
        <Unanswered query={job}>
          <Skeleton lines={8} />
        </Unanswered>
      </>
    );
  }
  const { data } = job;
  return (
    <>
      <PageHeader
        title={title}
        crumbs={crumbs}
        aside={<JobState status={data.status} />}
        actions={
          isJobFinished(data.status) ? undefined : (
            <Button disabledBecause={cancelRefusal(data)} onClick={() => setCanceling(true)}>
              Cancel job…
            </Button>
          )
        }
      />
      <QueryFault query={job} />
      {data.waitingFor === null ? null : (
        <Banner tone={data.waitingFor.kind === "daemon" ? "warn" : "busy"}>
          It waits for {data.waitingFor.text}. It is number {data.place} of “{laneTitles[data.lane]}”.
        </Banner>
      )}
      {data.error === null ? null : (
        <Banner tone="bad">
          <span className="break-words">{data.error}</span> <code className="text-xs">{data.errorCode}</code>
        </Banner>
      )}
      <div className="grid gap-4">
        <Card title="About it">
          <KeyValue rows={factsOf(data)} />
        </Card>
        <Card title="Log">
          <LogView
            key={data.id}
            source={{ kind: "job", jobId: data.id }}
            queryKey={keys.job(data.id)}
            label="Log of the job"
            fileName={`job-${data.id}.log`}
            empty={
              data.status === "pending" ? "It has not begun, so nothing is logged yet." : "Nothing has been logged."
            }
          />
        </Card>
      </div>
      <CancelJob job={isCanceling ? data : null} onClose={() => setCanceling(false)} />
    </>
  );
}

type Fact = readonly [name: string, value: React.ReactNode];

function factsOf(job: Job): readonly Fact[] {
  const { template, preset, workspace, owner, initiator, attempt, startedAt, completedAt } = job;
  return [
    ...(workspace === null || owner === null
      ? []
      : [
          ["Workspace", <PageLink key="w" to={`/@${owner}/${workspace}`}>{`${owner}/${workspace}`}</PageLink>] as const,
        ]),
    ...(template === null
      ? []
      : [
          [
            "Template",
            <PageLink key="t" to={`/templates/${encodeURIComponent(template)}`}>
              {template}
            </PageLink>,
          ] as const,
        ]),
    ...(template === null || preset === null || !job.isPrebuild
      ? []
      : [["Pool", <PoolLink key="p" template={template} preset={preset} />] as const]),
    ["Lane", laneTitles[job.lane]],
    ["Begun by", initiator],
    ["Attempts", attempt === 0 ? "none yet" : String(attempt)],
    ["Daemon", job.daemon ?? "–"],
    ["Tags", tagsText(job.tags)],
    ["Created", <Time key="c" at={job.createdAt} />],
    ["Waited", startedAt === null ? waitedText(job) : betweenText(job.createdAt, startedAt)],
    [
      "Took",
      startedAt === null ? (
        "–"
      ) : completedAt === null ? (
        <Since key="s" at={startedAt} />
      ) : (
        betweenText(startedAt, completedAt)
      ),
    ],
    [
      "Id",
      <span key="i" className="inline-flex items-center gap-1">
        <code className="text-xs break-all">{job.id}</code>
        <CopyButton text={job.id} label="Copy id" />
      </span>,
    ],
  ];
}

function waitedText({ createdAt, completedAt }: Job): React.ReactNode {
  return completedAt === null ? <Since at={createdAt} /> : betweenText(createdAt, completedAt);
}

const betweenText = (from: string, to: string): string => durationWords(Date.parse(to) - Date.parse(from));

function PoolLink({ template, preset }: { readonly template: string; readonly preset: string }) {
  return (
    <PageLink to={`/pools/${encodeURIComponent(template)}/${encodeURIComponent(preset)}`}>
      {template} / {preset}
    </PageLink>
  );
}
