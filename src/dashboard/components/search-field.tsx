import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { classNames } from "./class-names.ts";
import { controlLook } from "./field.tsx";

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  /** Told a moment after the last key. */
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  /** `/` puts the focus here. */
  readonly isMain?: boolean;
}

const typedMs = 250;

export function SearchField({ label, value, onChange, placeholder, isMain = false }: SearchFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => onChange(text), typedMs);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <div role="search" className="relative min-w-0 grow">
      <Search size={15} aria-hidden className="absolute top-2.5 left-2.5 text-faint" />
      <input
        type="search"
        aria-label={label}
        value={text}
        placeholder={placeholder}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => (event.key === "Enter" ? onChange(text) : undefined)}
        {...(isMain ? { "data-main-search": true } : {})}
        className={classNames(controlLook, "pl-8")}
      />
    </div>
  );
}
