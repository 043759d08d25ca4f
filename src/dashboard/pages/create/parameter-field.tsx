import { useState } from "react";
import { Checkbox } from "../../components/checkbox.tsx";
import { RadioGroup } from "../../components/radio-group.tsx";
import { type Choice, Select } from "../../components/select.tsx";
import { TextField } from "../../components/text-field.tsx";
import { asText, listWords, type ParameterInput } from "./parameter-values.ts";

interface ParameterFieldProps {
  readonly definition: ParameterInput;
  readonly value: string;
  /** The preset says it. */
  readonly isFixed: boolean;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}

const radiosMax = 5;

/** The control that fits a parameter of a template: the server checks its value all the same. */
export function ParameterField(props: ParameterFieldProps) {
  const { definition, value, isFixed, error, onChange } = props;
  const label = definition.display_name ?? definition.name;
  const hint = hintOf(definition, isFixed);
  if (isFixed) return <TextField label={label} hint={hint} value={value} readOnly onChange={onChange} />;
  const choices = choicesOf(definition);
  if (choices.length > radiosMax) return <Select {...{ label, hint, error, value, choices, onChange }} />;
  if (choices.length > 0) return <RadioGroup {...{ label, hint, value, choices, onChange }} />;
  if (definition.type === "bool") {
    const check = (isChecked: boolean): void => onChange(String(isChecked));
    return <Checkbox label={label} hint={hint} isChecked={value === "true"} onChange={check} />;
  }
  if (definition.type === "list") return <ListField {...{ label, hint, error, value, onChange }} />;
  const { min, max } = definition.validation ?? {};
  const isNumber = definition.type === "number";
  return (
    <TextField
      label={label}
      hint={hint}
      error={error}
      value={value}
      onChange={onChange}
      required={definition.default === undefined}
      {...(isNumber
        ? { type: "number", step: "any", ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
        : {})}
    />
  );
}

interface ListFieldProps {
  readonly label: string;
  readonly hint: string | undefined;
  readonly error: string | undefined;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** One value a line would be a form of its own: they are written with commas between them. */
function ListField({ label, hint, error, value, onChange }: ListFieldProps) {
  const [text, setText] = useState(listWords(value).join(", "));
  const change = (next: string): void => {
    setText(next);
    const words = next.split(",").map((word) => word.trim());
    onChange(JSON.stringify(words.filter((word) => word !== "")));
  };
  const told = [hint, "Several, with commas between them."].filter((part) => part !== undefined).join(" ");
  return <TextField label={label} hint={told} error={error} value={text} onChange={change} />;
}

function choicesOf({ options = [], type, default: byDefault }: ParameterInput): readonly Choice[] {
  if (type === "bool" || type === "list") return [];
  const choices = options.map(({ name, value, description }) => ({
    value: asText(value),
    label: name ?? asText(value),
    description,
  }));
  const isOpen = choices.length > radiosMax && byDefault === undefined;
  return isOpen ? [{ value: "", label: "Choose one" }, ...choices] : choices;
}

function hintOf({ description, mutable, validation }: ParameterInput, isFixed: boolean): string | undefined {
  const { min, max } = validation ?? {};
  const range =
    min !== undefined && max !== undefined
      ? `From ${min} to ${max}.`
      : min !== undefined
        ? `At least ${min}.`
        : max !== undefined
          ? `At most ${max}.`
          : "";
  const parts = [
    description ?? "",
    range,
    isFixed ? "The preset says this." : "",
    mutable === false ? "It cannot be changed later." : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join(" ");
}
