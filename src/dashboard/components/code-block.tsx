import { CopyButton } from "./copy-button.tsx";

/** Something to copy into a terminal. */
export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-raised py-1 pr-1 pl-3">
      <pre tabIndex={0} aria-label={label} className="min-w-0 grow overflow-x-auto py-1 font-mono text-xs">
        {text}
      </pre>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  );
}
