import { useState } from "react";
import type { TemplateVersion } from "../../../contracts/api/templates.ts";
import { templateRefusal } from "../../../contracts/template-roles.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Listing } from "../../components/listing.tsx";
import { State } from "../../components/state.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { PromoteDialog } from "./promote-dialog.tsx";
import { versionAddress } from "./template-address.ts";
import type { TemplateTabProps } from "./template-tab-props.ts";

const pageSize = 50;

const columns: readonly Column<TemplateVersion>[] = [
  { id: "number", header: "Version", cell: ({ name }) => <span className="block text-xs text-muted">{name}</span> },
  { id: "state", header: "State", cell: (version) => <VersionState version={version} /> },
  { id: "message", header: "Message", cell: ({ message }) => (message === "" ? "–" : message) },
  { id: "by", header: "By", cell: ({ createdBy }) => (createdBy === "" ? "–" : createdBy) },
  { id: "at", header: "Pushed", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export function VersionState({ version: { status, isActive, error } }: { readonly version: TemplateVersion }) {
  if (status === "importing") return <State tone="busy">importing</State>;
  if (status === "failed") {
    return (
      <>
        <State tone="bad">failed</State>
        {error === null ? null : <span className="block text-xs wrap-anywhere text-muted">{error}</span>}
      </>
    );
  }
  return isActive ? <State tone="ok">active</State> : <State tone="off">ready</State>;
}

/** Versions that failed are shown on demand: they are many where somebody tries things out. */
export default function VersionsTab({ detail: { template }, me }: TemplateTabProps) {
  const [{ page = "1", failed = "" }, change] = useUrlState();
  const [promoted, setPromoted] = useState<TemplateVersion | null>(null);
  const at = Math.max(0, (Number.parseInt(page, 10) || 1) - 1);
  const query = { limit: pageSize, offset: at * pageSize };
  const list = useApi("listTemplateVersions", {
    key: keys.templatePart(template.name, "versions", query),
    input: { params: { template: template.name }, query },
    keepsPrevious: true,
  });
  const versions = list.data?.versions;
  const failures = versions?.filter(({ status }) => status === "failed").length ?? 0;
  const active = template.activeVersion?.number ?? 0;
  const refusal = templateRefusal(me, template.organization);
  return (
    <>
      {failures === 0 ? null : (
        <Checkbox
          label={`Show failed versions (${failures} on this page)`}
          isChecked={failed === "yes"}
          onChange={(isOn) => change({ failed: isOn ? "yes" : "" })}
        />
      )}
      <Listing
        query={list}
        label="Versions"
        columns={columns}
        rows={failed === "yes" ? versions : versions?.filter(({ status }) => status !== "failed")}
        idOf={({ id }) => id}
        nameOf={({ number }) => String(number)}
        addressOf={({ number }) => versionAddress(template.name, number)}
        paging={{
          page: at,
          pageSize,
          total: list.data?.total ?? 0,
          onPage: (next) => change({ page: String(next + 1) }),
        }}
        actionsOf={(version) =>
          version.isActive ? null : (
            <Button
              disabledBecause={refusal ?? (version.status === "ready" ? undefined : "Its import has not succeeded.")}
              onClick={() => setPromoted(version)}
            >
              {version.number < active ? "Roll back" : "Promote"}
            </Button>
          )
        }
        empty={<EmptyState title="There is no version to show." />}
      />
      {promoted === null ? null : (
        <PromoteDialog
          template={template.name}
          version={promoted}
          isBack={promoted.number < active}
          onClose={() => setPromoted(null)}
        />
      )}
    </>
  );
}
