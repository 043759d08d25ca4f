import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import type { ResponseOf } from "../../../contracts/api/route.ts";
import type { Routes } from "../../../contracts/api/routes.ts";
import type { TemplateVersion } from "../../../contracts/api/templates.ts";
import { publishRefusal } from "../../../contracts/template-roles.ts";
import type { ApiError } from "../../api/api-error.ts";
import { call } from "../../api/call.ts";
import { Banner } from "../../components/banner.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { usePageTitle } from "../../components/page-title.ts";
import { TextField } from "../../components/text-field.tsx";
import { useMe } from "../../shell/use-me.ts";
import { useUrlState } from "../../state/url-state.ts";
import { type Chosen, DropZone } from "./drop-zone.tsx";
import { ImportProgress } from "./import-progress.tsx";
import { TemplateWarnings } from "./template-warnings.tsx";

type Checked = ResponseOf<Routes["checkTemplate"]>;

interface Published {
  readonly template: string;
  readonly version: TemplateVersion;
}

/** A folder becomes a version: packed here, checked, pushed, imported, and made active as a step of its own. */
export default function PublishPage() {
  usePageTitle("Publish", "Templates");
  const { data: me } = useMe();
  const [{ template: given = "" }] = useUrlState();
  const [name, setName] = useState(given);
  const [message, setMessage] = useState("");
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const check = useMutation<Checked, ApiError, Chosen>({
    mutationFn: async ({ bytes }) => await call("checkTemplate", { query: {}, bytes }),
  });
  const publish = useMutation<Published, ApiError, Chosen>({
    mutationFn: async ({ bytes }) => {
      const params = { template: name };
      const pushed = await call("pushTemplate", { params, query: { activate: false, message }, bytes });
      return { template: pushed.template.name, version: pushed.version };
    },
  });
  if (me === undefined) return null;
  const refusal = publishRefusal(me);
  const choose = (next: Chosen): void => {
    setChosen(next);
    if (name === "" && next.suggestedName !== "") setName(next.suggestedName);
    publish.reset();
    check.mutate(next);
  };
  const because =
    refusal ??
    (chosen === null
      ? "Choose a folder first."
      : check.data === undefined
        ? "It has not passed the check."
        : name === ""
          ? "Name the template first."
          : undefined);
  return (
    <>
      <PageHeader title="Publish a template" crumbs={[{ label: "Templates", to: "/templates" }]} />
      {refusal === undefined ? null : <Banner tone="warn">{refusal}</Banner>}
      <div className="grid max-w-3xl gap-4">
        <FolderCard chosen={chosen} check={check} onChosen={choose} />
        <Card title="2. Version">
          <TextField label="Template" value={name} onChange={setName} maxLength={64} autoComplete="off" />
          <TextField label="What changed" value={message} onChange={setMessage} maxLength={256} autoComplete="off" />
          {publish.error === null ? null : <ErrorState error={publish.error} />}
          <Button
            kind="primary"
            disabledBecause={publish.data === undefined ? because : "It is published."}
            isBusy={publish.isPending}
            onClick={() => (chosen === null ? undefined : publish.mutate(chosen))}
          >
            Publish version
          </Button>
        </Card>
        {publish.data === undefined ? null : <ImportProgress {...publish.data} />}
      </div>
    </>
  );
}

interface FolderCardProps {
  readonly chosen: Chosen | null;
  readonly check: Pick<UseMutationResult<Checked, ApiError, Chosen>, "isPending" | "error" | "data">;
  readonly onChosen: (chosen: Chosen) => void;
}

function FolderCard({ chosen, check, onChosen }: FolderCardProps) {
  return (
    <Card title="1. Folder">
      <DropZone onChosen={onChosen} />
      {chosen === null ? null : (
        <p className="mt-2 text-xs text-muted">
          {chosen.called}: {chosen.files === null ? "an archive" : `${chosen.files} files`}, {chosen.bytes.length} bytes
          packed.
        </p>
      )}
      {check.isPending ? <p className="mt-2 text-muted">Checking…</p> : null}
      {check.error === null ? null : <ErrorState error={check.error} />}
      {check.data === undefined ? null : <TemplateWarnings warnings={check.data.warnings} />}
      {check.data === undefined ? null : (
        <Banner tone="ok">
          It can be published: driver {check.data.driver}, {check.data.presets.length}{" "}
          {check.data.presets.length === 1 ? "preset" : "presets"}.
        </Banner>
      )}
    </Card>
  );
}
