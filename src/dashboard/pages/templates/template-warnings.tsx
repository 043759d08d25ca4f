import type { TemplateWarning } from "../../../contracts/secret-files.ts";
import { Banner } from "../../components/banner.tsx";

interface TemplateWarningsProps {
  readonly warnings: readonly TemplateWarning[];
}

/** What a template's folder has that looks like a secret, before it is published. Nothing is refused for it. */
export function TemplateWarnings({ warnings }: TemplateWarningsProps) {
  if (warnings.length === 0) return null;
  return (
    <Banner tone="warn">
      <p className="font-medium">
        {warnings.length === 1 ? "A file looks like a secret." : `${warnings.length} files look like secrets.`}
      </p>
      <ul className="mt-1 list-disc pl-5">
        {warnings.map(({ file, line, reason }) => (
          <li key={file}>
            <code className="break-all">{line === null ? file : `${file}:${line}`}</code>: {reason}.
          </li>
        ))}
      </ul>
    </Banner>
  );
}
