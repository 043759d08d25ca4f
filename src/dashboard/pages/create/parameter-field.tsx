import type { ReactNode } from "react";
import { formTypeOf } from "../../../contracts/parameter-form.ts";
import { Checkbox } from "../../components/checkbox.tsx";
import { CheckboxGroup } from "../../components/checkbox-group.tsx";
import { MarkdownLine } from "../../components/markdown.tsx";
import { RadioGroup } from "../../components/radio-group.tsx";
import { Select } from "../../components/select.tsx";
import { SliderField } from "../../components/slider-field.tsx";
import { Switch } from "../../components/switch.tsx";
import { TagField } from "../../components/tag-field.tsx";
import { TemplateIcon } from "../../components/template-icon.tsx";
import { TextArea } from "../../components/text-area.tsx";
import { TextField } from "../../components/text-field.tsx";
import { ParameterHint } from "./parameter-hint.tsx";
import { asText, listWords, type ParameterInput, titleOf } from "./parameter-values.ts";

interface ParameterFieldProps {
  readonly definition: ParameterInput;
  readonly value: string;
  /** The preset says it. */
  readonly isFixed: boolean;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

/** Where a template says no bounds, a slider has these. */
const sliderMin = 0;
const sliderMax = 100;

/** What every control of a parameter is given. */
interface Common {
  readonly label: ReactNode;
  readonly hint: ReactNode;
  readonly error: string | undefined;
  readonly disabled: boolean;
}

/** The control that fits a parameter of a template: the server checks its value all the same. */
export function ParameterField(props: ParameterFieldProps) {
  const { definition, value, isFixed, error, onChange } = props;
  const label = <ParameterLabel definition={definition} />;
  const hint = <ParameterHint definition={definition} isFixed={isFixed} />;
  if (isFixed) {
    return <TextField label={label} hint={hint} value={labelOf(definition, value)} readOnly onChange={onChange} />;
  }
  const common: Common = { label, hint, error, disabled: definition.styling?.disabled === true };
  switch (formTypeOf(definition)) {
    case "radio":
      return <RadioGroup {...common} value={value} choices={radioChoices(definition)} onChange={onChange} />;
    case "dropdown":
      return <Dropdown {...props} common={common} />;
    case "checkbox":
      return (
        <Checkbox {...common} hint={<Told {...common} />} isChecked={value === "true"} onChange={asTruth(onChange)} />
      );
    case "switch":
      return <Switch {...common} hint={<Told {...common} />} isOn={value === "true"} onChange={asTruth(onChange)} />;
    case "slider":
      return <Slider {...props} common={common} />;
    case "multi-select":
      return (
        <CheckboxGroup
          {...common}
          chosen={listWords(value)}
          choices={radioChoices(definition)}
          onChange={(chosen) => onChange(JSON.stringify(chosen))}
        />
      );
    case "tag-select":
      return (
        <TagField
          {...common}
          name={titleOf(definition)}
          tags={listWords(value)}
          placeholder={definition.styling?.placeholder}
          onChange={(tags) => onChange(JSON.stringify(tags))}
        />
      );
    case "textarea":
      return <Area {...props} common={common} />;
    case "input":
      return <Input {...props} common={common} />;
  }
}

type WithCommon = ParameterFieldProps & { readonly common: Common };

const asTruth =
  (onChange: (text: string) => void) =>
  (isOn: boolean): void =>
    onChange(String(isOn));

function ParameterLabel({ definition }: { readonly definition: ParameterInput }) {
  return (
    <>
      <TemplateIcon icon={definition.icon} />
      {titleOf(definition)}
    </>
  );
}

/** Below a control that has one line for both. */
function Told({ hint, error }: Common) {
  return (
    <>
      {hint}
      {error === undefined ? null : <span className="mt-1 block font-medium text-bad">{error}</span>}
    </>
  );
}

function Dropdown({ definition, value, onChange, common }: WithCommon) {
  const choices = (definition.options ?? []).map((option) => ({
    value: asText(option.value),
    label: option.name ?? asText(option.value),
    description: option.description,
  }));
  const isKnown = choices.some((choice) => choice.value === value);
  const chosen = choices.find((choice) => choice.value === value)?.description ?? "";
  const hint = (
    <>
      {chosen === "" ? null : <MarkdownLine text={chosen} />} {common.hint}
    </>
  );
  // One that is no choice, of another version perhaps, would else be shown as the first one.
  const all = isKnown ? choices : [{ value, label: value === "" ? "Choose one" : value }, ...choices];
  return <Select {...common} hint={hint} value={value} choices={all} onChange={onChange} />;
}

function Slider({ definition, value, onChange, common }: WithCommon) {
  const { min = sliderMin, max = Math.max(sliderMax, min) } = definition.validation ?? {};
  return <SliderField {...common} value={value} min={min} max={max} onChange={onChange} />;
}

function Area({ definition, value, onChange, common }: WithCommon) {
  const isMasked = definition.styling?.mask_input === true;
  return (
    <TextArea
      {...common}
      value={value}
      onChange={onChange}
      required={definition.default === undefined}
      placeholder={definition.styling?.placeholder}
      autoComplete="off"
      className={isMasked ? "[-webkit-text-security:disc]" : ""}
    />
  );
}

function Input({ definition, value, onChange, common }: WithCommon) {
  const { min, max } = definition.validation ?? {};
  const { placeholder, mask_input: isMasked = false } = definition.styling ?? {};
  const number = {
    type: "number",
    step: "any",
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
  const masked = { type: "password", autoComplete: "off" };
  return (
    <TextField
      {...common}
      value={value}
      onChange={onChange}
      required={definition.default === undefined}
      placeholder={placeholder}
      {...(isMasked ? masked : definition.type === "number" ? number : {})}
    />
  );
}

function radioChoices({ options = [] }: ParameterInput) {
  return options.map(({ name, value, description = "", icon }) => ({
    value: asText(value),
    label: (
      <>
        <TemplateIcon icon={icon} />
        {name ?? asText(value)}
      </>
    ),
    ...(description === "" ? {} : { description: <MarkdownLine text={description} /> }),
  }));
}

/** What people see instead of a value that is one of the options. */
function labelOf({ options = [] }: ParameterInput, value: string): string {
  return options.find((option) => asText(option.value) === value)?.name ?? value;
}
