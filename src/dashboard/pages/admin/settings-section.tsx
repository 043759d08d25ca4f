import { useCallback, useState } from "react";
import type { Setting } from "../../../contracts/api/settings.ts";
import { matchingSettings, settingRefusal, settingValueText } from "../../../contracts/setting-words.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Chip } from "../../components/chip.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Listing } from "../../components/listing.tsx";
import { SearchField } from "../../components/search-field.tsx";
import { Time } from "../../components/time.tsx";
import { useUrlState } from "../../state/url-state.ts";
import { ChangeSetting, ResetSetting } from "./setting-dialogs.tsx";
import { sourceWords } from "./setting-words.ts";

const columns: readonly Column<Setting>[] = [
  {
    id: "name",
    header: "Option",
    cell: ({ description }) => <span className="block max-w-prose text-xs text-muted">{description}</span>,
  },
  {
    id: "value",
    header: "Value",
    cell: (setting) => <span className="break-all font-mono">{settingValueText(setting)}</span>,
  },
  { id: "source", header: "From", cell: (setting) => <Source setting={setting} /> },
];

function becauseOf(setting: Setting): string | undefined {
  const refusal = settingRefusal(setting);
  return refusal === undefined ? undefined : `${refusal.because} ${refusal.next}`;
}

function Source({ setting }: { readonly setting: Setting }) {
  const { source, stored } = setting;
  return (
    <>
      {source === "default" ? sourceWords[source] : <Badge>{sourceWords[source]}</Badge>}
      {stored === null ? null : (
        <span className="block text-xs text-muted">
          {stored.isInForce ? "" : `${stored.value} is stored, and does not count here: `}
          {stored.by ?? "somebody who is not here any more"}, <Time at={stored.at} />
        </span>
      )}
    </>
  );
}

export default function SettingsSection() {
  const [{ q = "", changed = "" }, change] = useUrlState();
  const list = useApi("listSettings", { key: keys.settings, input: {} });
  const [edited, setEdited] = useState<Setting | null>(null);
  const [reset, setReset] = useState<Setting | null>(null);
  const search = useCallback((text: string) => change({ q: text }), [change]);
  const isChangedOnly = changed !== "";
  const settings = list.data?.settings;
  const rows = settings === undefined ? undefined : matchingSettings(settings, { words: q, isChangedOnly });
  return (
    <>
      <p className="mb-3 text-sm text-muted">
        The options of the server that answers. Some can be changed while servers run; the others where a server is
        started.
      </p>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField label="Search options" value={q} onChange={search} isMain />
        <Chip isOn={isChangedOnly} onClick={() => change({ changed: isChangedOnly ? "" : "yes" })}>
          Not at their default
        </Chip>
      </div>
      <Listing
        query={list}
        label="Settings"
        columns={columns}
        rows={rows}
        idOf={({ name }) => name}
        nameOf={({ name }) => name}
        actionsOf={(setting) => (
          <span className="inline-flex gap-1">
            <Button disabledBecause={becauseOf(setting)} onClick={() => setEdited(setting)}>
              Change…
            </Button>
            {setting.stored === null ? null : <Button onClick={() => setReset(setting)}>Reset…</Button>}
          </span>
        )}
        empty={
          <EmptyState
            title="No option matches."
            action={<Button onClick={() => change({ q: "", changed: "" })}>Clear filter</Button>}
          />
        }
      />
      {edited === null ? null : <ChangeSetting setting={edited} onClose={() => setEdited(null)} />}
      <ResetSetting setting={reset} onClose={() => setReset(null)} />
    </>
  );
}
