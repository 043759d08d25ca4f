import type { Preset } from "../../../contracts/api/templates.ts";
import { Badge } from "../../components/badge.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { MarkdownLine } from "../../components/markdown.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { TemplateIcon } from "../../components/template-icon.tsx";
import { hasPage } from "../../shell/menu-entries.ts";
import type { TemplateTabProps } from "./template-tab-props.ts";

export default function PresetsTab({ detail: { template, presets } }: TemplateTabProps) {
  if (presets.length === 0) return <EmptyState title="The active version has no presets, and so no pools." />;
  const columns: readonly Column<Preset>[] = [
    { id: "name", header: "Preset", cell: PresetMarks },
    {
      id: "fixes",
      header: "Fixes",
      cell: ({ parameters }) => {
        const fixed = Object.entries(parameters);
        return fixed.length === 0 ? "nothing" : fixed.map(([name, value]) => `${name} = ${value}`).join(", ");
      },
    },
    { id: "pool", header: "Pool", cell: (preset) => <PoolOf template={template.name} preset={preset} /> },
    {
      id: "schedule",
      header: "Schedule",
      cell: ({ schedules, timezone }) => scheduleWords(schedules.length, timezone),
    },
  ];
  return (
    <DataTable label="Presets" columns={columns} rows={presets} idOf={({ id }) => id} nameOf={({ name }) => name} />
  );
}

/** Beside its name, which the table draws. */
function PresetMarks({ icon, description, isDefault }: Preset) {
  return (
    <>
      <TemplateIcon icon={icon} />
      {isDefault ? <Badge>default</Badge> : null}
      {description === "" ? null : (
        <span className="block text-xs text-muted">
          <MarkdownLine text={description} />
        </span>
      )}
    </>
  );
}

function PoolOf({ template, preset }: { readonly template: string; readonly preset: Preset }) {
  if (preset.instances === null) return <span className="text-muted">none</span>;
  const words = `${preset.ready} ready of ${preset.instances}`;
  if (!hasPage("/pools/$template/$preset/{-$tab}")) return words;
  return <PageLink to={`/pools/${encodeURIComponent(template)}/${encodeURIComponent(preset.name)}`}>{words}</PageLink>;
}

const scheduleWords = (count: number, timezone: string | null): string =>
  count === 0 ? "–" : `${count} ${count === 1 ? "line" : "lines"}, ${timezone ?? "UTC"}`;
