import { Card } from "../../components/card.tsx";
import { NameCard } from "./name-card.tsx";
import { ParametersCard } from "./parameters-card.tsx";
import { ScheduleCard } from "./schedule-card.tsx";
import { DeleteButton, DormancyButton, UpdateLine } from "./settings-acts.tsx";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** What is changed about a workspace, each thing by itself. */
export default function SettingsTab({ workspace, me }: WorkspaceTabProps) {
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <ScheduleCard workspace={workspace} me={me} />
      <ParametersCard workspace={workspace} me={me} />
      <NameCard workspace={workspace} me={me} />
      <Card title="Version">
        <UpdateLine workspace={workspace} me={me} />
      </Card>
      <Card title="Put away or delete" className="xl:col-span-2">
        <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
          <DormancyButton workspace={workspace} me={me} />
          <DeleteButton workspace={workspace} me={me} />
        </div>
      </Card>
    </div>
  );
}
