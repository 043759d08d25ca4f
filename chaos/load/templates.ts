import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";

/** What the claim hook leaves in the workspace's home, one line each time that it runs. */
export const handOverFile = "hand-over.log";

export interface ChaosTemplate {
  readonly name: string;
  readonly presets: Readonly<Record<string, number>>;
  readonly driver: "process" | "docker";
}

/** Small pools, as each workspace is a process of some 50 MB on the machine that runs everything else as well. */
export const templates: readonly ChaosTemplate[] = [
  { name: "alpha", presets: { small: 3, large: 2 }, driver: "process" },
  { name: "beta", presets: { small: 3 }, driver: "process" },
];

export const defaultTtlMs = 8 * 3_600_000;

/** A preset's parameter, by which a creation finds its pool and a claim is compared with a cold build. */
const manifestOf = ({ name, presets }: ChaosTemplate): string => `name: ${name}
driver: process
parameters:
  - { name: size, type: string, default: small }
presets:
${Object.entries(presets)
  .map(
    ([preset, instances]) => `  - name: ${preset}
    default: ${preset === "small"}
    parameters: { size: ${preset} }
    prebuilds: { instances: ${instances} }`,
  )
  .join("\n")}
lifecycle: { default_ttl: 8h }
agents:
  - name: main
    hooks:
      prewarm:
        run: echo prepared > "$HOME/prepared"
      claim:
        timeout: 30
        run: echo "$PREWARM_OWNER $PREWARM_WORKSPACE_NAME $PREWARM_PARAMETER_SIZE" >> "$HOME/${handOverFile}"
`;

/** The archive of a version; `edition` makes it differ from the others. */
export async function packTemplate(
  folder: string,
  template: ChaosTemplate,
  edition: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = path.join(folder, "templates", `${template.name}-${edition}`);
  mkdirSync(source, { recursive: true });
  writeFileSync(path.join(source, "template.yaml"), manifestOf(template));
  writeFileSync(path.join(source, "edition"), `${edition}\n`);
  return (await packFolder(source)).bytes;
}
