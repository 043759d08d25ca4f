import type { SearchAddon } from "@xterm/addon-search";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useState } from "react";
import { controlLook } from "../../../components/field.tsx";
import { IconButton } from "../../../components/icon-button.tsx";

interface FindBarProps {
  readonly search: () => SearchAddon | undefined;
  readonly onClose: () => void;
}

/** Finds in what the terminal has shown. Enter goes up, from the newest; with Shift down. */
export function FindBar({ search, onClose }: FindBarProps) {
  const [text, setText] = useState("");
  return (
    <search className="mb-2 flex items-center gap-1">
      <input
        aria-label="Find in the terminal"
        value={text}
        autoFocus
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          if (event.key === "Enter" && event.shiftKey) search()?.findNext(text);
          else if (event.key === "Enter") search()?.findPrevious(text);
        }}
        className={controlLook}
      />
      <IconButton label="The one before" icon={<ChevronUp size={16} />} onClick={() => search()?.findPrevious(text)} />
      <IconButton label="The next one" icon={<ChevronDown size={16} />} onClick={() => search()?.findNext(text)} />
      <IconButton label="Close the search" icon={<X size={16} />} onClick={onClose} />
    </search>
  );
}
