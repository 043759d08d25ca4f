import { X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { controlLook, Field, type FieldTexts } from "./field.tsx";

interface TagFieldProps extends FieldTexts {
  /** What the label says, as a text: it names the list of what was added. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly placeholder?: string | undefined;
  readonly disabled?: boolean;
  readonly onChange: (tags: readonly string[]) => void;
}

/** Several texts: each is added with Enter or a comma, and taken away with its button. */
export function TagField({ label, hint, error, name, tags, placeholder, disabled = false, onChange }: TagFieldProps) {
  const [text, setText] = useState("");
  const add = (typed: string): void => {
    const words = typed.split(",").map((word) => word.trim());
    const fresh = words.filter((word, place) => word !== "" && !tags.includes(word) && words.indexOf(word) === place);
    setText("");
    if (fresh.length > 0) onChange([...tags, ...fresh]);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && text.trim() !== "") {
      // It would send the form.
      event.preventDefault();
      add(text);
    }
    if (event.key === "Backspace" && text === "" && tags.length > 0) onChange(tags.slice(0, -1));
  };
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <>
          <Tags name={name} tags={tags} disabled={disabled} onChange={onChange} />
          <input
            {...ids}
            type="text"
            value={text}
            placeholder={placeholder}
            disabled={disabled}
            onChange={({ target: { value } }) => (value.includes(",") ? add(value) : setText(value))}
            onKeyDown={onKey}
            onBlur={() => add(text)}
            className={controlLook}
          />
        </>
      )}
    </Field>
  );
}

function Tags({ name, tags, disabled, onChange }: Pick<TagFieldProps, "name" | "tags" | "disabled" | "onChange">) {
  if (tags.length === 0) return null;
  return (
    <ul aria-label={`${name}: added`} className="mb-1 flex flex-wrap gap-1">
      {tags.map((tag) => (
        <li
          key={tag}
          className="inline-flex max-w-full items-center gap-1 rounded-full border border-line-strong pl-2.5 text-xs"
        >
          <span className="wrap-anywhere">{tag}</span>
          <button
            type="button"
            aria-label={`Remove ${tag}`}
            disabled={disabled}
            onClick={() => onChange(tags.filter((one) => one !== tag))}
            className="inline-flex size-6 items-center justify-center rounded-full text-muted hover:bg-hover"
          >
            <X size={12} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
