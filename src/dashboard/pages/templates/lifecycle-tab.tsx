import type { LifecyclePolicy } from "../../../contracts/lifecycle.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Badge } from "../../components/badge.tsx";
import { Card } from "../../components/card.tsx";
import { QueryFault, Unanswered } from "../../components/query-fault.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import type { TemplateTabProps } from "./template-tab-props.ts";

const lines: readonly (readonly [field: keyof LifecyclePolicy, label: string])[] = [
  ["defaultTtlMs", "Stops after, unless a creation says otherwise"],
  ["maxTtlMs", "Stops after, at the latest"],
  ["activityBumpMs", "Use moves the end by"],
  ["activity", "What counts as use"],
  ["isAutostartAllowed", "Autostart allowed"],
  ["autostartDays", "Autostart on"],
  ["failureTtlMs", "A failed start is stopped after"],
  ["dormantAfterMs", "Dormant when unused for"],
  ["deleteDormantAfterMs", "Deleted when dormant for"],
];

export default function LifecycleTab({ detail: { template } }: TemplateTabProps) {
  const found = useApi("getTemplateLifecycle", {
    key: keys.templatePart(template.name, "lifecycle"),
    input: { params: { template: template.name }, query: {} },
  });
  if (found.data === undefined)
    return (
      <Unanswered query={found}>
        <Skeleton lines={6} />
      </Unanswered>
    );
  const { policy, changes } = found.data;
  return (
    <Card title="What starts, stops and deletes its workspaces by itself">
      <QueryFault query={found} />
      <KeyValue
        rows={lines.map(([field, label]) => [
          label,
          <span key={field}>
            {words(policy[field])} {changes[field] === undefined ? null : <Badge>not as in the manifest</Badge>}
          </span>,
        ])}
      />
    </Card>
  );
}

function words(value: LifecyclePolicy[keyof LifecyclePolicy]): string {
  if (value === null) return "never";
  if (typeof value === "number") return lengthWords(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? value : value.join(", ");
}

function lengthWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const parts = [
    [Math.floor(minutes / 1_440), "d"],
    [Math.floor((minutes % 1_440) / 60), "h"],
    [minutes % 60, "min"],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(" ") || "less than a minute"
  );
}
