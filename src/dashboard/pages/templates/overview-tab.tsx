import { inOrder } from "../../../contracts/parameter-form.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { Badge } from "../../components/badge.tsx";
import { Card } from "../../components/card.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Markdown, MarkdownLine } from "../../components/markdown.tsx";
import { PageLink } from "../../components/page-link.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { TemplateIcon } from "../../components/template-icon.tsx";
import { Time } from "../../components/time.tsx";
import type { ParameterInput } from "../create/parameter-values.ts";
import { versionAddress } from "./template-address.ts";
import type { TemplateTabProps } from "./template-tab-props.ts";

export default function OverviewTab({ detail }: TemplateTabProps) {
  const { template, manifest } = detail;
  const { activeVersion } = template;
  const readme = useApi("getTemplateReadme", {
    key: keys.templatePart(template.name, "readme"),
    input: { params: { template: template.name }, query: {} },
  });
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[2fr_1fr]">
      <Card title="Readme">
        <QueryFault query={readme} />
        {readme.data === undefined ? (
          readme.error === null ? (
            <Skeleton lines={5} />
          ) : null
        ) : readme.data.text === null ? (
          <p className="text-muted">The active version has no README.md.</p>
        ) : (
          <Markdown text={readme.data.text} />
        )}
      </Card>
      <div className="grid gap-4">
        <Card title="At a glance">
          <KeyValue
            rows={[
              [
                "Active version",
                activeVersion === null ? (
                  "none"
                ) : (
                  <PageLink to={versionAddress(template.name, activeVersion.number)}>
                    {`${activeVersion.number} · ${activeVersion.name}`}
                  </PageLink>
                ),
              ],
              ["Driver", activeVersion?.driver ?? "–"],
              ["Workspaces", template.workspaces],
              ["Organization", template.organization],
              ["Created", <Time key="created" at={template.createdAt} />],
            ]}
          />
        </Card>
        <Card title="Parameters">
          {(manifest?.parameters ?? []).length === 0 ? (
            <p className="text-muted">It asks for none.</p>
          ) : (
            <ul className="grid gap-2 wrap-anywhere">
              {inOrder(manifest?.parameters ?? []).map((parameter) => (
                <li key={parameter.name}>
                  <ParameterSummary parameter={parameter} />
                </li>
              ))}
            </ul>
          )}
        </Card>
      </div>
    </div>
  );
}

function ParameterSummary({ parameter }: { readonly parameter: ParameterInput }) {
  const { name, icon, display_name: label = "", description = "", type, mutable, ephemeral } = parameter;
  const later = ephemeral === true ? "asked at each start" : mutable === false ? "cannot be changed later" : "";
  return (
    <>
      <TemplateIcon icon={icon} />
      <code>{name}</code> <Badge>{type ?? "string"}</Badge>
      {later === "" ? null : <span className="ml-1 text-xs text-muted">{later}</span>}
      <span className="block text-xs text-muted">
        {label}
        {label === "" || description === "" ? "" : ": "}
        {description === "" ? null : <MarkdownLine text={description} />}
      </span>
    </>
  );
}
