import { type ConfigRow, describeSections } from "./describe-config.ts";
import type { OptionSet } from "./load-config.ts";

/** The lines of `--help` about options, in sections: flag, default, meaning, and the other ways to give each. */
export function optionsHelp(options: OptionSet, defaults: Readonly<Record<string, string>> = {}): readonly string[] {
  const sections = describeSections(options, defaults).flatMap(({ title, rows }) => [
    `${title}:`,
    ...rows.map(rowText),
    "",
  ]);
  return ["File:", "  --config <path>\n      YAML file with options. Also PREWARM_CONFIG", "", ...sections];
}

function rowText(row: ConfigRow): string {
  const value = row.kind === "boolean" ? "" : ` <${row.kind === "enum" ? "word" : row.kind}>`;
  const byDefault = row.default === "" ? "" : `, default ${row.default}`;
  const byFile = row.fileEnv === null ? "" : `, a file named by ${row.fileEnv}`;
  return [
    `  ${row.flag}${value}${byDefault}`,
    `      ${row.description}`,
    `      ${row.expected.slice(0, 1).toUpperCase()}${row.expected.slice(1)}. Also ${row.env}${byFile}, or ${row.name} in the file`,
  ].join("\n");
}
