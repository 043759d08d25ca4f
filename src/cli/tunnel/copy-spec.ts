/** One side of a copy. */
export type CopySide =
  | { readonly kind: "local"; readonly path: string }
  | {
      readonly kind: "remote";
      readonly workspace: string;
      readonly agent: string | null;
      readonly path: string;
      /** As it was written, for messages. */
      readonly written: string;
    };

export interface CopySpec {
  readonly direction: "up" | "down";
  readonly workspace: string;
  readonly agent: string | null;
  readonly sources: readonly string[];
  readonly target: string;
}

const remote =
  /^((?:[\p{L}\p{N}][\p{L}\p{N}_-]*\/)?[\p{L}\p{N}][\p{L}\p{N}_-]*)(?:\.([\p{L}\p{N}][\p{L}\p{N}_-]*))?:(.*)$/su;
const driveLetter = /^[A-Za-z]:[\\/]/;

/** What a word of `cp` names: `[OWNER/]NAME[.AGENT]:PATH` a path in a workspace, anything else one on this machine. */
export function parseCopySide(word: string): CopySide {
  const [written, workspace, agent, path] = remote.exec(word) ?? [];
  if (written === undefined || workspace === undefined || path === undefined || driveLetter.test(word)) {
    return { kind: "local", path: word };
  }
  return { kind: "remote", workspace, agent: agent ?? null, path: path === "" ? "." : path, written };
}

/** @returns a sentence when the words mean nothing. */
export function parseCopy(words: readonly string[], agentOption: string | null): CopySpec | string {
  const sides = words.map(parseCopySide);
  const target = sides.at(-1);
  const sources = sides.slice(0, -1);
  const [first] = sources;
  if (target === undefined || first === undefined) return "A source and a target are needed";
  const paths = sources.map(({ path }) => path);
  if (paths.length > 1 && words.slice(0, -1).includes("-")) return `"-" can only be copied alone`;
  if (target.kind === "remote") {
    if (sources.some(({ kind }) => kind === "remote")) {
      return "Both sides are in workspaces; copy to this machine first, or write ./NAME for a file of this machine";
    }
    const agent = agentOption ?? target.agent;
    return { direction: "up", workspace: target.workspace, agent, sources: paths, target: target.path };
  }
  if (first.kind === "local") return "No side is in a workspace; name it as WORKSPACE:PATH";
  const { workspace, agent } = first;
  if (sources.some((side) => side.kind !== "remote" || side.workspace !== workspace || side.agent !== agent)) {
    return "All sources must be of one workspace";
  }
  return { direction: "down", workspace, agent: agentOption ?? agent, sources: paths, target: target.path };
}
