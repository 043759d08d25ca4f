import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { agentTiming, type AgentTiming } from "../../src/agent/agent-timing.ts";
import { CoderMode } from "../../src/agent/coder/coder-mode.ts";
import { runAgent } from "../../src/agent/run-agent.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { seededRandom } from "../../src/platform/random.ts";
import { ScriptedAgentServer } from "./scripted-agent-server.ts";

const quick: AgentTiming = { ...agentTiming, reconnectBaseMs: 10, reconnectCapMs: 50, killGraceMs: 500, logFlushMs: 5 };

export interface AgentStart {
  readonly startId?: string;
  readonly buildStage?: string;
  readonly timing?: Partial<AgentTiming>;
  /** What git starts as its helper. */
  readonly program?: readonly string[];
  /** As one that Coder's templates have started. */
  readonly isCoder?: boolean;
}

/** A workspace's folder with an agent in this process, and the server that it talks to. */
export class AgentBed {
  readonly server = new ScriptedAgentServer();
  readonly folder = mkdtempSync(path.join(tmpdir(), "prewarm-agent-"));
  readonly home = path.join(this.folder, "home");
  /** Of the command `coder`. */
  readonly warnings: string[] = [];
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  start(options: AgentStart = {}): void {
    const stop = new AbortController();
    this.#stop = stop;
    const program = options.program ?? ["false"];
    this.#running = runAgent(
      {
        ...(options.isCoder === true ? { coder: this.#coderMode(program) } : {}),
        serverUrl: this.server.url,
        token: "agent-token",
        workspaceId: "workspace-1",
        home: this.home,
        stateFolder: path.join(this.folder, "state"),
        startId: options.startId ?? "start-1",
        buildStage: options.buildStage ?? "prebuild",
        baseEnvironment: { PATH: process.env["PATH"] ?? "" },
        program,
        version: "1.2.3",
        logger: silentLogger,
        random: seededRandom(1),
        timing: { ...quick, ...options.timing },
      },
      stop.signal,
    );
  }

  #coderMode(program: readonly string[]): CoderMode {
    const { folder: temporaryFolder } = this;
    const warn = (message: string, error: unknown): void => void this.warnings.push(`${message}: ${String(error)}`);
    return new CoderMode({ url: this.server.url, token: "agent-token", program, temporaryFolder, warn });
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
  }

  /** A file that a hook or a command has written into the home. */
  read(name: string): string {
    return readFileSync(path.join(this.home, name), "utf8");
  }

  async close(): Promise<void> {
    await this.stop();
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
