import { CircleAlert, CircleCheck, CircleMinus, LoaderCircle, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { type Tone, toneClasses } from "./tone.ts";

const icons = { ok: CircleCheck, busy: LoaderCircle, warn: TriangleAlert, bad: CircleAlert, off: CircleMinus } as const;

/** A state in a word, with its icon: never by colour alone. */
export function State({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1 rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap",
        toneClasses[tone],
      )}
    >
      <Icon size={12} aria-hidden className={tone === "busy" ? "animate-spin [animation-duration:2s]" : ""} />
      {children}
    </span>
  );
}
