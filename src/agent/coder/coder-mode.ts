import { existsSync, lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AgentManifest } from "../../contracts/agent-protocol.ts";
import { makeFolder } from "../../platform/make-folder.ts";
import { CoderService, type GitTokens } from "./coder-service.ts";
import { launcherScript, socketFileName } from "./launcher.ts";
import { scriptBinFolder } from "../scripts/script-folders.ts";
import { packedCoderProgram } from "./packed-program.ts";

type Variables = Readonly<Record<string, string>>;

export interface CoderSettings {
  /** Of the server; with or without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** How the agent's program is started. */
  readonly program: readonly string[];
  readonly temporaryFolder: string;
  /** For what goes wrong with the command's files. */
  readonly warn: (message: string, error: unknown) => void;
}

/** Who the workspace belongs to while nobody has claimed it, as Coder says it. */
const nobody = "prebuilds";

/**
 * What scripts written for Coder find in a workspace: its variables, and the command `coder` on the PATH. An agent that the
 * init script of Coder's templates has started has it, and no other.
 */
export class CoderMode {
  readonly #settings: CoderSettings;
  #service: CoderService | null = null;
  #folder: string | null = null;

  constructor(settings: CoderSettings) {
    this.#settings = settings;
  }

  /**
   * Has the command, before anything of the workspace is started. Where it cannot be had, the variables are there without it.
   * The folder's name is the agent's id, so an agent that is restarted has the same one, and each start its own.
   */
  async open(manifest: Pick<AgentManifest, "agentId">, git: GitTokens): Promise<void> {
    const folder = path.join(this.#settings.temporaryFolder, `coder-${manifest.agentId}`);
    this.#service = new CoderService(git);
    const { command, program } = placesIn(folder);
    try {
      this.#placeFiles(folder);
      // Of an agent of another release, which this one may be the restart of: they are made anew.
      for (const each of [command, program]) rmSync(each, { force: true });
      this.#placeFiles(folder);
      await this.#open(folder);
      this.#folder = folder;
    } catch (error) {
      this.#settings.warn("the command coder cannot be put into the workspace", error);
    }
  }

  close(): void {
    this.#service?.close();
  }

  /** Of this agent alone, for what its scripts leave for each other; null where there is none. */
  get folder(): string | null {
    return this.#folder;
  }

  /** @param below what the workspace's programs see besides, whose PATH goes on behind the command. */
  variables(below: Variables, manifest: AgentManifest): Variables {
    const { url, token } = this.#settings;
    const variables = {
      CODER: "true",
      CODER_WORKSPACE_ID: manifest.workspaceId,
      CODER_WORKSPACE_NAME: manifest.workspaceName ?? "",
      CODER_WORKSPACE_OWNER_NAME: manifest.ownerName ?? nobody,
      CODER_WORKSPACE_AGENT_NAME: manifest.agentName,
      CODER_AGENT_URL: url.endsWith("/") ? url : `${url}/`,
      CODER_AGENT_TOKEN: token,
    };
    const folder = this.#folder;
    if (folder === null || !this.#mend(folder)) return variables;
    const { scripts, command } = placesIn(folder);
    const paths = [scripts, path.dirname(command), ...(below["PATH"] === undefined ? [] : [below["PATH"]])];
    return { ...variables, CODER_SCRIPT_BIN_DIR: scripts, PREWARM_CODER_PROGRAM: command, PATH: paths.join(":") };
  }

  /** The workspace is handed over, and what its scripts told each other was of the run before. */
  runsAgain(): void {
    this.#service?.units.renew();
  }

  /**
   * Folders for temporary files are swept now and then. What is swept is made anew, for whoever is started next. @returns
   * whether the folder is ours still.
   */
  #mend(folder: string): boolean {
    try {
      this.#placeFiles(folder);
      if (!existsSync(placesIn(folder).socket)) void this.#open(folder);
      return true;
    } catch (error) {
      this.#settings.warn("the command coder cannot be made anew", error);
      return false;
    }
  }

  async #open(folder: string): Promise<void> {
    try {
      const opened = await this.#service?.open();
      if (opened !== undefined) put(placesIn(folder).socket, opened, 0o600);
    } catch (error) {
      this.#settings.warn("the agent cannot be asked by the command coder", error);
    }
  }

  #placeFiles(folder: string): void {
    const { command, scripts, program } = placesIn(folder);
    makeFolder(folder, 0o700);
    // Nobody else may have made it: what lies in it is run.
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
      throw new Error(`${folder} is there, and is not a folder of this user alone`);
    }
    for (const each of [scripts, path.dirname(command)]) makeFolder(each, 0o700);
    const packed = packedCoderProgram();
    const [node = "", ...rest] = this.#settings.program;
    // A single executable is its own script, and there may be no Node beside it.
    const isOwn = packed === null || rest.length === 0;
    if (!isOwn && !existsSync(program)) put(program, packed, 0o600);
    if (!existsSync(command))
      put(command, launcherScript(folder, isOwn ? [node, ...rest, "coder"] : [node, program]), 0o700);
  }
}

function placesIn(folder: string) {
  return {
    command: path.join(folder, "bin/coder"),
    /** What a template's scripts put there is on the PATH of all that is started. */
    scripts: scriptBinFolder(folder),
    program: path.join(folder, "coder.cjs"),
    socket: path.join(folder, socketFileName),
  };
}

/** As a whole, or not at all: it may be run at this moment. */
function put(file: string, content: string, mode: number): void {
  writeFileSync(`${file}.new`, content, { mode });
  renameSync(`${file}.new`, file);
}
