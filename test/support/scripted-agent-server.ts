import { type WebSocket, WebSocketServer } from "ws";
import {
  type AgentManifest,
  type AgentSecrets,
  type AgentToServer,
  agentConnectPath,
  type ClaimAcknowledgement,
  type ClaimRecord,
  type GitCredentialAsk,
  type GitCredentialReport,
  type ServerToAgent,
} from "../../src/contracts/agent-protocol.ts";
import { agentRoutes } from "../../src/contracts/api/system.ts";
import { type ScriptedAnswer, ScriptedServer } from "./scripted-server.ts";

export const unclaimed: ClaimRecord = {
  generation: 0,
  owner: null,
  workspaceName: "prebuild-x",
  parameters: {},
  claimedAt: null,
};

export function claimedBy(username: string, generation = 1): ClaimRecord {
  return {
    generation,
    owner: { id: `id-of-${username}`, username, name: `${username} Example`, email: `${username}@example.com` },
    workspaceName: "dev",
    parameters: { region: "eu" },
    claimedAt: "2030-01-01T00:00:00.000Z",
  };
}

export function agentManifest(changes: Partial<AgentManifest> = {}): AgentManifest {
  return {
    agentId: "agent-1",
    agentName: "main",
    workspaceId: "workspace-1",
    templateName: "starter",
    directory: "",
    env: { FROM_MANIFEST: "yes" },
    parameters: { region: "eu" },
    hooks: {},
    ...changes,
  };
}

/** The server as an agent sees it. */
export class ScriptedAgentServer {
  manifest: AgentManifest = agentManifest();
  record: ClaimRecord = unclaimed;
  /** By name; undefined: asking for them fails. */
  secrets: Readonly<Record<string, string>> | undefined = {};
  /** PKCS #8 as PEM. */
  sshKey: string | undefined = undefined;
  unopened: readonly string[] = [];
  /** What the owner has for a git host. */
  gitCredential: (host: string) => ScriptedAnswer = () => ({ json: { outcome: "not_linked", template: "starter" } });
  readonly gitReports: GitCredentialReport[] = [];
  /** Whether its token is one; false: as after its retirement. */
  isAgentKnown = true;
  readonly frames: AgentToServer[] = [];
  readonly acknowledgements: ClaimAcknowledgement[] = [];
  connections = 0;
  #socket: WebSocket | null = null;
  readonly #http: ScriptedServer;

  constructor() {
    this.#http = new ScriptedServer(
      (request) => {
        if (request.token !== "agent-token" || !this.isAgentKnown) return { error: "unauthenticated" };
        if (request.path === agentRoutes.agentManifest.path) return { json: this.manifest };
        if (request.method === "GET" && request.path === agentRoutes.agentSecrets.path) return this.#given();
        if (request.method === "GET") return { json: this.record };
        if (request.path === agentRoutes.agentGitCredential.path) {
          // The agent sends nothing else there, as below.
          return this.gitCredential((request.body as GitCredentialAsk).host);
        }
        if (request.path === agentRoutes.reportGitCredential.path) {
          this.gitReports.push(request.body as GitCredentialReport);
          return { json: {} };
        }
        this.acknowledgements.push(request.body as ClaimAcknowledgement); // the agent sends nothing else by POST
        return { json: {} };
      },
      (server) => {
        const sockets = new WebSocketServer({ server, path: agentConnectPath });
        sockets.on("connection", (socket, request) => {
          if (request.headers.authorization !== "Bearer agent-token") return socket.close();
          this.connections += 1;
          this.#socket = socket;
          socket.on("message", (data) =>
            this.frames.push(JSON.parse((data as Buffer).toString("utf8")) as AgentToServer),
          );
          return undefined;
        });
      },
    );
  }

  get url(): string {
    return this.#http.url;
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === 1;
  }

  start(): Promise<void> {
    return this.#http.start();
  }

  stop(): Promise<void> {
    return this.#http.stop();
  }

  /** Cuts every connection and stays up. */
  cut(): void {
    this.#http.cutConnections();
  }

  /** Stops reading from the agent's connection, as a slow network does. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  send(message: ServerToAgent): void {
    this.#socket?.send(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#socket?.send(text);
  }

  claims(): number {
    return this.#asked(agentRoutes.agentClaim.path);
  }

  secretsAsked(): number {
    return this.#asked(agentRoutes.agentSecrets.path);
  }

  #asked(route: string): number {
    return this.#http.requests.filter(({ method, path }) => method === "GET" && path === route).length;
  }

  #given(): ScriptedAnswer {
    if (this.secrets === undefined) return { error: "internal" };
    const secrets = Object.entries(this.secrets).map(([name, value]) => ({
      name,
      value: Buffer.from(value).toString("base64"),
    }));
    const given: AgentSecrets = { generation: this.record.generation, secrets, unopened: [...this.unopened] };
    if (this.sshKey !== undefined) given.sshKey = Buffer.from(this.sshKey).toString("base64");
    return { json: given };
  }

  states(): readonly string[] {
    return this.frames.flatMap((frame) => (frame.kind === "state" ? [frame.state] : []));
  }

  lines(source: string): readonly string[] {
    return this.frames.flatMap((frame) =>
      frame.kind === "logs" ? frame.lines.filter((line) => line.source === source).map(({ line }) => line) : [],
    );
  }

  output(execId: string, stream: "stdout" | "stderr" = "stdout"): Buffer {
    const pieces = this.frames.flatMap((frame) =>
      frame.kind === "exec_output" && frame.execId === execId && frame.stream === stream
        ? [Buffer.from(frame.data, "base64")]
        : [],
    );
    return Buffer.concat(pieces);
  }

  exit(execId: string): Extract<AgentToServer, { kind: "exec_exit" }> | undefined {
    return this.frames.find((frame) => frame.kind === "exec_exit" && frame.execId === execId) as
      | Extract<AgentToServer, { kind: "exec_exit" }>
      | undefined; // found by its kind
  }
}
