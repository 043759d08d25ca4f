/** The editors that get into workspaces by SSH, in the order in which they are shown. */
export const ides = ["vscode", "cursor", "windsurf", "jetbrains", "zed"] as const;
export type Ide = (typeof ides)[number];

/** What an editor of a family runs in the workspace is the same for all of it. */
export type IdeFamily = "vscode" | "jetbrains" | "zed";

export interface IdeEntry {
  readonly displayName: string;
  readonly family: IdeFamily;
  /** An address that opens the editor of the person's machine, connected to a host of `config-ssh`, in a folder. */
  readonly link: (place: IdePlace) => string;
}

export interface IdePlace {
  /** As OpenSSH's configuration has it: `prewarm.dev`. */
  readonly host: string;
  /** Absolute, in the workspace. */
  readonly folder: string;
}

/** Of the family of VS Code: its own scheme, and the rest alike. */
function remoteSsh(scheme: string): IdeEntry["link"] {
  return ({ host, folder }) => `${scheme}://vscode-remote/ssh-remote+${encodeURIComponent(host)}${pathOf(folder)}`;
}

/** The one table of links. Another editor is a row here, with the family whose needs it has. */
export const ideTable: Readonly<Record<Ide, IdeEntry>> = {
  vscode: { displayName: "VS Code", family: "vscode", link: remoteSsh("vscode") },
  cursor: { displayName: "Cursor", family: "vscode", link: remoteSsh("cursor") },
  windsurf: { displayName: "Windsurf", family: "vscode", link: remoteSsh("windsurf") },
  jetbrains: {
    displayName: "JetBrains Gateway",
    family: "jetbrains",
    // The user is what `config-ssh` writes; Gateway asks for the IDE, as none is named.
    link: ({ host, folder }) =>
      `jetbrains-gateway://connect#type=ssh&deploy=false&host=${encodeURIComponent(host)}&port=22&user=prewarm` +
      `&projectPath=${encodeURIComponent(folder)}`,
  },
  zed: { displayName: "Zed", family: "zed", link: ({ host, folder }) => `zed://ssh/${host}${pathOf(folder)}` },
};

function pathOf(folder: string): string {
  return folder.split("/").map(encodeURIComponent).join("/");
}
