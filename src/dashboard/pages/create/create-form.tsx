import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import type { Preset, TemplateDetail } from "../../../contracts/api/templates.ts";
import type { CreatedWorkspace } from "../../../contracts/api/workspaces.ts";
import { calledBy } from "../../../contracts/free-name.ts";
import { nameLengthMax } from "../../../contracts/limits.ts";
import type { ApiError } from "../../api/api-error.ts";
import { call } from "../../api/call.ts";
import { Button } from "../../components/button.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { MarkdownLine } from "../../components/markdown.tsx";
import { type AskedQuery, QueryFault } from "../../components/query-fault.tsx";
import { RadioGroup } from "../../components/radio-group.tsx";
import { TemplateIcon } from "../../components/template-icon.tsx";
import { TextField } from "../../components/text-field.tsx";
import { renderSearch, useGoTo, useUrlState } from "../../state/url-state.ts";
import { workspaceAddress } from "../workspace-state.tsx";
import { madeUpName } from "./made-up-name.ts";
import { PreviewLine, refusalAt, tookWords, usePreview } from "./preview-line.tsx";
import { ParameterField } from "./parameter-field.tsx";
import { changedValues, firstValues, type ParameterTexts } from "./parameter-values.ts";
import { useTemplateForm } from "./use-template-form.ts";
import { useTypedValues } from "./use-typed-values.ts";

const noPreset = "-";

/** Preset, name and parameters. What is typed goes into the address, so that going back brings it again. */
export function CreateForm({ detail }: { readonly detail: TemplateDetail }) {
  const { template, presets } = detail;
  const [params, change] = useUrlState();
  const goTo = useGoTo();
  const [name, setName] = useState(params["name"] ?? madeUpName(template.name));
  const preset = presetOf(presets, params["preset"]);
  const [typed, type] = useTypedValues(params, change);
  const {
    definitions,
    isDrawing,
    problemOf: drawnProblem,
    query: drawing,
  } = useTemplateForm(detail, { typed, preset });
  const values = firstValues(definitions, { params: typed, preset });
  const create = useCreate((created) => {
    const told = { created: created.outcome, miss: created.missReason ?? "" };
    goTo(`${workspaceAddress(created.workspace)}${renderSearch(told)}`);
  });
  const parameters = changedValues(definitions, { values, preset });
  const wish = { name, template: template.name, ...(preset === null ? {} : { preset: preset.name }), parameters };
  const { preview, query } = usePreview(wish);
  const errorOf = (field: string): string | undefined => problemOf(create.error, field) ?? refusalAt(preview, field);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.once(wish);
  };
  return (
    <form onSubmit={submit}>
      <PresetChoice presets={presets} preset={preset} onChange={(chosen) => change({ preset: chosen })} />
      <TextField
        label="Name"
        required
        maxLength={nameLengthMax}
        pattern="[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*"
        hint="Letters and digits, with single hyphens between them."
        error={errorOf("name")}
        value={name}
        onChange={(text) => {
          setName(text);
          change({ name: text });
        }}
      />
      {definitions.map((definition) => (
        <ParameterField
          key={definition.name}
          definition={definition}
          value={values[definition.name] ?? ""}
          isFixed={preset !== null && Object.hasOwn(preset.parameters, definition.name)}
          error={drawnProblem(definition.name) ?? errorOf(`parameters.${definition.name}`)}
          onChange={(text) => type(definition, text)}
        />
      ))}
      {drawing === null ? null : <FormLine isDrawing={isDrawing} query={drawing} />}
      {create.error === null ? null : <ErrorState error={create.error} />}
      <Button type="submit" kind="primary" isBusy={create.isBusy} className="mt-4">
        {create.isBusy ? "Creating…" : "Create workspace"}
      </Button>
      <PreviewLine preview={create.isBusy ? undefined : preview} query={query} />
    </form>
  );
}

/** What becomes of the fields above: nothing of what was typed is lost meanwhile. */
function FormLine({ isDrawing, query }: { readonly isDrawing: boolean; readonly query: AskedQuery }) {
  return (
    <div aria-live="polite" className="mt-2 min-h-6 text-muted">
      {isDrawing ? "Working out what the template asks for…" : ""}
      <QueryFault query={query} />
    </div>
  );
}

interface PresetChoiceProps {
  readonly presets: readonly Preset[];
  /** Null: none. */
  readonly preset: Preset | null;
  readonly onChange: (chosen: string) => void;
}

function PresetChoice({ presets, preset, onChange }: PresetChoiceProps) {
  if (presets.length === 0) return null;
  const none = {
    value: noPreset,
    label: "No preset",
    description: "Choose everything yourself; it is built for you, which takes longer.",
  };
  return (
    <RadioGroup
      asCards
      label="Preset"
      value={preset?.name ?? noPreset}
      choices={[...presets.map(presetChoice), none]}
      onChange={onChange}
    />
  );
}

function presetOf(presets: readonly Preset[], named: string | undefined): Preset | null {
  if (named === noPreset) return null;
  const found = named === undefined ? undefined : calledBy(presets, ({ name }) => name, named);
  return found ?? presets.find(({ isDefault }) => isDefault) ?? presets[0] ?? null;
}

function presetChoice({ name, icon, description, parameters, instances, ready, estimates }: Preset) {
  const fixed = Object.entries(parameters).map(([key, value]) => `${key} = ${value}`);
  const told = [
    fixed.join(", "),
    instances === null ? "" : `${ready} ready now, of ${instances}.`,
    timesWords(estimates),
  ].filter((part) => part !== "");
  return {
    value: name,
    label: (
      <>
        <TemplateIcon icon={icon} />
        {name}
      </>
    ),
    description: (
      <>
        {description === "" ? null : (
          <span className="block">
            <MarkdownLine text={description} />
          </span>
        )}
        {told.map((part) => (
          <span key={part} className="block">
            {part}
          </span>
        ))}
      </>
    ),
  };
}

function timesWords({ warm, cold }: Preset["estimates"]): string {
  const of = (kind: string, estimate: typeof warm): string[] =>
    estimate === null ? [] : [`${kind} ${tookWords(estimate.p50Ms)} (nine of ten: ${tookWords(estimate.p90Ms)})`];
  const told = [...of("with a prebuild", warm), ...of("built", cold)];
  return told.length === 0 ? "" : `Until it is usable: ${told.join(", ")}.`;
}

interface Creation {
  readonly name: string;
  readonly template: string;
  readonly preset?: string;
  readonly parameters: ParameterTexts;
}

/** One key for one wish: a second click, or a repetition after a broken line, makes no second workspace. */
function useCreate(onCreated: (created: CreatedWorkspace) => void) {
  const client = useQueryClient();
  const wish = useRef({ text: "", key: "" });
  // At once, and not with the next rendering: both clicks of a double one come before that.
  const isSent = useRef(false);
  const mutation = useMutation<CreatedWorkspace, ApiError, Creation>({
    mutationFn: async (body) => {
      const text = JSON.stringify(body);
      if (wish.current.text !== text) wish.current = { text, key: newKey() };
      return await call("createWorkspace", { body: { ...body, idempotencyKey: wish.current.key } });
    },
    onSuccess: (created) => {
      void client.invalidateQueries({ queryKey: ["workspaces"] });
      onCreated(created);
    },
    onError: () => {
      isSent.current = false;
    },
  });
  const once = (body: Creation): void => {
    if (isSent.current) return;
    isSent.current = true;
    mutation.mutate(body);
  };
  const isBusy = mutation.isPending || mutation.isSuccess;
  return { error: mutation.error, isBusy, once };
}

/** `crypto.randomUUID` is only there on https and on this machine itself. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function problemOf(error: ApiError | null, field: string): string | undefined {
  return error?.problems.find((problem) => problem.field === field)?.reason;
}
