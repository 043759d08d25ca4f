import type { ManifestChange } from "../../../contracts/api/template-files.ts";
import { State } from "../../components/state.tsx";
import type { Tone } from "../../components/tone.ts";

const tones: Readonly<Record<ManifestChange["change"], Tone>> = { added: "ok", removed: "bad", changed: "warn" };

export default function MeaningList({ changes }: { readonly changes: readonly ManifestChange[] }) {
  if (changes.length === 0) return <p className="text-muted">The manifests mean the same.</p>;
  return (
    <ul aria-label="Changes in meaning" className="grid gap-2">
      {changes.map(({ part, name, change, fields }) => (
        <li key={`${part} ${name}`}>
          <State tone={tones[change]}>{change}</State> {part} {name === "" ? null : <code>{name}</code>}
          {fields.length === 0 ? null : (
            <ul className="mt-1 ml-4 grid gap-0.5 text-xs">
              {fields.map(({ field, before, after }) => (
                <li key={field} className="wrap-anywhere">
                  <code>{field}</code>:{" "}
                  {before === null ? <span className="text-muted">not set</span> : <code>{before}</code>}
                  <span aria-label="becomes"> → </span>
                  {after === null ? <span className="text-muted">not set</span> : <code>{after}</code>}
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}
