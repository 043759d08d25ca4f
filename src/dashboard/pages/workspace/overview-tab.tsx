import { Card } from "../../components/card.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Time } from "../../components/time.tsx";
import { AgentsCard } from "./agents-card.tsx";
import { AppsCard } from "./apps-card.tsx";
import { BuildProgress } from "./build-progress.tsx";
import { ConnectCard } from "./connect-card.tsx";
import { TroubleBanner } from "./trouble-banner.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

export default function OverviewTab({ workspace, me }: WorkspaceTabProps) {
  const { template, preset, latestBuild, isOutdated, createdAt, lastUsedAt, parameters } = workspace;
  const shown = Object.entries(parameters);
  return (
    <>
      <TroubleBanner workspace={workspace} me={me} />
      <BuildProgress workspace={workspace} me={me} />
      <div className="grid gap-4 xl:grid-cols-2">
        <ConnectCard workspace={workspace} me={me} />
        <AppsCard workspace={workspace} me={me} />
        <AgentsCard workspace={workspace} />
        <Card title="About">
          <KeyValue
            rows={[
              ["Template", preset === null ? template : `${template} / ${preset}`],
              ["Version", `${latestBuild.templateVersion}${isOutdated ? ", outdated" : ""}`],
              ["Created", <Time key="created" at={createdAt} />],
              ["Last used", lastUsedAt === null ? "never" : <Time key="used" at={lastUsedAt} />],
              ["Last build", `${latestBuild.transition} by ${latestBuild.initiator}, ${latestBuild.status}`],
              ...shown.map(([name, value]) => [name, <code key={name}>{value}</code>] as const),
            ]}
          />
        </Card>
      </div>
    </>
  );
}
