import { type Deployment, type SettingsOptions, sshSettings } from "./ssh-settings.ts";
import { sshHostOf } from "../../contracts/ssh-host.ts";

/** One deployment's part of our file, as it stands there. */
export interface ConfigSection {
  readonly deployment: Deployment;
  readonly text: string;
}

const head = `# Written by \`prewarm config-ssh\`, and again when workspaces are made or deleted: changes are lost.
# Settings of your own for these hosts belong into the file that includes this one.
`;
const mark = "# deployment ";

/** Our file in parts; what is not understood is left out, since all of it was written by us. */
export function parseSshConfig(text: string): readonly ConfigSection[] {
  return text.split(/^(?=# deployment )/m).flatMap((part) => {
    const deployment = part.startsWith(mark) ? readDeployment(part.slice(mark.length).split("\n", 1)[0] ?? "") : null;
    return deployment === null ? [] : [{ deployment, text: part.trimEnd() }];
  });
}

function readDeployment(json: string): Deployment | null {
  try {
    const { url, prefix, context, organization } = JSON.parse(json) as Partial<Record<keyof Deployment, unknown>>;
    if (typeof url !== "string" || typeof prefix !== "string") return null;
    return { url, prefix, context: textOrNull(context), organization: textOrNull(organization) };
  } catch {
    return null;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function renderSshConfig(sections: readonly ConfigSection[]): string {
  const sorted = sections.toSorted((one, other) => (one.deployment.prefix < other.deployment.prefix ? -1 : 1));
  return [head, ...sorted.map(({ text }) => `${text}\n`)].join("\n");
}

/** @param workspaces names that are written out, because the lists of editors show no others. */
export function makeSection(options: SettingsOptions, workspaces: readonly string[]): ConfigSection {
  const { deployment } = options;
  const { prefix } = deployment;
  const hosts = workspaces.toSorted().map((workspace) => sshHostOf(workspace, { prefix }));
  // No workspace has a quote in its name, and nothing else must end the word that the shell is given.
  const patterns = [...hosts, `${prefix}*`, `"!*'*"`];
  const settings = sshSettings(options).map(([name, value]) => `  ${name} ${value}`);
  const text = [`${mark}${JSON.stringify(deployment)}`, `Host ${patterns.join(" ")}`, ...settings].join("\n");
  return { deployment, text };
}

/** Whether hosts of the one would be taken for hosts of the other. */
export function doPrefixesMeet(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
