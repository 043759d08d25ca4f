import { useState } from "react";
import { canDo, type Permission } from "../../../contracts/workspace-actions.ts";
import { inOrder } from "../../../contracts/parameter-form.ts";
import { keys } from "../../api/keys.ts";
import { useApi } from "../../api/use-api.ts";
import { useCall } from "../../api/use-call.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { QueryFault } from "../../components/query-fault.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { TextField } from "../../components/text-field.tsx";
import { ParameterField } from "../create/parameter-field.tsx";
import { asText, type ParameterInput, type ParameterTexts, titleOf } from "../create/parameter-values.ts";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

/** Its parameters. Only those that were changed are sent: what nobody touched stays as it is. */
export function ParametersCard({ workspace, me }: WorkspaceTabProps) {
  const { template, organization, parameters } = workspace;
  const found = useApi("getTemplate", {
    key: keys.templatePart(template, "parameters"),
    input: { params: { template }, query: { organization } },
  });
  const definitions = found.data?.manifest?.parameters ?? [];
  return (
    <Card title="Parameters">
      <QueryFault query={found} />
      {found.data === undefined && found.error === null ? <Skeleton lines={4} /> : null}
      {found.data !== undefined && definitions.length === 0 ? (
        <p className="text-muted">Its template has none.</p>
      ) : (
        <ParametersForm
          key={JSON.stringify(parameters)}
          workspace={workspace}
          me={me}
          definitions={inOrder(definitions.filter(({ name }) => Object.hasOwn(parameters, name)))}
        />
      )}
    </Card>
  );
}

function ParametersForm({
  workspace,
  me,
  definitions,
}: WorkspaceTabProps & { readonly definitions: readonly ParameterInput[] }) {
  const { id, name, parameters, isOutdated, status } = workspace;
  const [touched, setTouched] = useState<ParameterTexts>({});
  const [isAsking, setAsking] = useState(false);
  const build = useCall("createBuild", [["workspace"], ["workspaces"]]);
  const definitionOf = (parameter: string) => definitions.find((one) => one.name === parameter);
  const nextOf = (parameter: string) => nextValue(definitionOf(parameter), parameters[parameter]);
  const changed = Object.entries(touched).filter(([parameter, value]) => value !== nextOf(parameter));
  const problemOf = (parameter: string): string | undefined =>
    build.error?.problems.find(({ field }) => field === `parameters.${parameter}`)?.reason;
  const because = changed.length === 0 ? "Nothing is changed." : refusalOfChange(canDo("start", workspace, me));
  return (
    <>
      {isOutdated ? (
        <p className="mb-3 text-muted">
          They are described as the active version does; the workspace has an older one.
        </p>
      ) : null}
      {definitions.map((definition) => {
        const value = touched[definition.name] ?? nextOf(definition.name) ?? asText(definition.default);
        return (
          <OneParameter
            key={definition.name}
            definition={definition}
            value={value}
            error={problemOf(definition.name)}
            onChange={(text) => setTouched({ ...touched, [definition.name]: text })}
          />
        );
      })}
      <Button disabledBecause={because} onClick={() => setAsking(true)}>
        Change parameters…
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Build ${name} with ${changed.length} changed ${changed.length === 1 ? "parameter" : "parameters"}?`}
        effect={
          <>
            <ul className="text-text">
              {changed.map(([parameter, value]) => (
                <li key={parameter} className="wrap-anywhere">
                  {changeWords(definitionOf(parameter), { parameter, before: nextOf(parameter), value })}
                </li>
              ))}
            </ul>
            <p className="mt-2">
              {status === "running" ? "What runs in it ends, and it is built anew" : "It is built and started"} with
              them. What they decide is replaced; what is on its volumes stays.
            </p>
          </>
        }
        verb={`Build ${name}`}
        isBusy={build.isPending}
        error={build.error}
        onConfirm={() =>
          build.mutate(
            { params: { workspace: id }, body: { transition: "start", parameters: Object.fromEntries(changed) } },
            { onSuccess: () => setAsking(false) },
          )
        }
      />
    </>
  );
}

/** What held for one build has its default again with the next one. */
function nextValue(definition: ParameterInput | undefined, value: string | undefined): string | undefined {
  return definition?.ephemeral === true ? asText(definition.default) : value;
}

interface ChangedValue {
  readonly parameter: string;
  readonly before: string | undefined;
  readonly value: string;
}

function changeWords(definition: ParameterInput | undefined, { parameter, before, value }: ChangedValue): string {
  const title = definition === undefined ? parameter : titleOf(definition);
  const isMasked = definition?.styling?.mask_input === true;
  return isMasked ? `${title}: another one` : `${title}: ${before ?? "–"} → ${value}`;
}

interface OneParameterProps {
  readonly definition: ParameterInput;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

function OneParameter({ definition, value, error, onChange }: OneParameterProps) {
  if (definition.mutable !== false)
    return <ParameterField {...{ definition, value, error, onChange }} isFixed={false} />;
  return (
    <TextField
      label={titleOf(definition)}
      hint="It cannot be changed later."
      value={value}
      readOnly
      onChange={() => undefined}
    />
  );
}

/** To start what runs is needless, and to build it with other parameters is not. */
const refusalOfChange = (permission: Permission): string | undefined =>
  permission.isAllowed || permission.code === "needless" ? undefined : permission.because;
