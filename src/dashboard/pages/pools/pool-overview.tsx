import type { Static } from "typebox";
import type { Explanation, Pool } from "../../../contracts/api/prebuilds.ts";
import { publishRefusal } from "../../../contracts/template-roles.ts";
import { Banner } from "../../components/banner.tsx";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { Time } from "../../components/time.tsx";
import { useMe } from "../../shell/use-me.ts";
import { HistoryCard } from "./history-card.tsx";

type Explained = Static<typeof Explanation>;

/** The explanation first: everything else is its evidence. */
export function PoolOverview({ explanation }: { readonly explanation: Explained }) {
  const { pool, sentences, rehearsal } = explanation;
  const { lastFailure } = pool;
  return (
    <div className="grid gap-4">
      {lastFailure === undefined ? null : (
        <Banner tone="bad">
          The build of {lastFailure.prebuild} failed <Time at={lastFailure.at} />: {lastFailure.error}
          <LogLinks pool={pool} />
          <div className="mt-2">
            <CodeBlock text={lastFailure.command} label="The command that shows its log" />
          </div>
        </Banner>
      )}
      <Card title="Why it is so">
        <ul className="grid gap-1.5 text-base">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </Card>
      <HistoryCard template={pool.template} preset={pool.preset} />
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="In numbers">
          <KeyValue
            rows={[
              ["Wanted", pool.desired],
              ["Ready", pool.eligible],
              ["Starting", pool.starting],
              ["Expired", pool.expired],
              ["Too many", pool.extraneous],
              ["Stopping or deleting", pool.stopping + pool.deleting],
              ["Failed", pool.failed],
              ["Parked", pool.parked],
              ["Version", pool.version],
            ]}
          />
        </Card>
        <Card title="What a claim does">
          {rehearsal === null ? (
            <p className="text-muted">
              Nothing of it has been rehearsed: either its driver changes nothing at a claim, or the first prebuild is
              still to come.
            </p>
          ) : (
            <ul className="grid gap-1.5">
              {rehearsal.sentences.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </div>
  );
}

/** What its agents said goes with the prebuild, the log of its build stays. Neither is for members. */
function LogLinks({ pool: { lastFailure, failed } }: { readonly pool: Pool }) {
  const { data: me } = useMe();
  if (lastFailure === undefined || me === undefined || publishRefusal(me) !== undefined) return null;
  const { prebuild, jobId } = lastFailure;
  return (
    <p className="mt-1 flex flex-wrap gap-x-4">
      {failed === 0 ? null : <PageLink to={`/@prebuilds/${prebuild}/logs?log=agents`}>What its agents said</PageLink>}
      {jobId === undefined ? null : <PageLink to={`/jobs/${jobId}`}>The log of its build</PageLink>}
    </p>
  );
}
