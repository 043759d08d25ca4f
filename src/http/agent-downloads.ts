import { createReadStream } from "node:fs";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { agentBundleName, agentExecutableArchitectures, agentExecutableName } from "../contracts/agent-download.ts";
import { acceptsCoding, isKnownToCaller } from "./conditional-requests.ts";

/** A program that workspaces fetch. Paths are absolute; files never change under their name. */
export interface AgentFile {
  readonly path: string;
  readonly bytes: number;
  /** Hex, of the file unpacked. */
  readonly sha256: string;
  readonly gzip?: { readonly path: string; readonly bytes: number };
}

/** Where the agent's programs come from. */
export interface AgentFiles {
  /** For images with Node. */
  bundle(): Promise<AgentFile>;
  /**
   * For images without. Made when it is first asked for, which takes some seconds; once, however many ask.
   * Errors: `agent_executable_unavailable`, with the reason.
   */
  executable(architecture: string): Promise<AgentFile>;
  readonly scripts: AgentScripts;
}

/** The scripts by which templates of Coder's start the agent. */
export interface AgentScripts {
  start(): string;
  /** By Go's names; empty where there is no agent for it. @param accessUrl with a slash at its end. */
  init(machine: MachineName, accessUrl: string): string;
  /** As above. */
  coderProgram(machine: MachineName, accessUrl: string): string;
}

export interface MachineName {
  readonly os: string;
  readonly arch: string;
}

/**
 * `GET /bin/prewarm-agent.mjs`, `GET /bin/prewarm-agent-linux-<architecture>`, and each with `.sha256`. They need no
 * credential: there is nothing secret in them, and a workspace fetches them before it is anybody.
 */
export function registerAgentDownloads(
  app: FastifyInstance,
  agentFiles: Pick<AgentFiles, "bundle" | "executable">,
): void {
  const programs = new Map<string, () => Promise<AgentFile>>([[agentBundleName, () => agentFiles.bundle()]]);
  for (const architecture of agentExecutableArchitectures) {
    programs.set(agentExecutableName(architecture), () => agentFiles.executable(architecture));
  }
  for (const [name, open] of programs) {
    const route = { method: ["GET", "HEAD"], schema: { hide: true } };
    app.route({
      ...route,
      url: `/bin/${name}`,
      handler: async (request, reply) => await send({ request, reply, file: await open(), name }),
    });
    app.route({
      ...route,
      url: `/bin/${name}.sha256`,
      handler: async (_, reply) => {
        const { sha256 } = await open();
        return await reply.type("text/plain").header("cache-control", "no-cache").send(`${sha256}  ${name}\n`);
      },
    });
  }
}

interface Sending {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly file: AgentFile;
  readonly name: string;
}

async function send({ request, reply, file, name }: Sending): Promise<FastifyReply> {
  const gzip = acceptsCoding(request, "gzip") ? file.gzip : undefined;
  const etag = `"${file.sha256}${gzip === undefined ? "" : "-gzip"}"`;
  void reply.headers({ etag, vary: "accept-encoding", "cache-control": "no-cache" });
  if (isKnownToCaller(request, etag)) return await reply.code(304).send();
  const { path, bytes } = gzip ?? file;
  void reply
    .type(name.endsWith(".mjs") ? "text/javascript; charset=utf-8" : "application/octet-stream")
    .header("content-length", bytes);
  if (gzip !== undefined) void reply.header("content-encoding", "gzip");
  if (request.method === "HEAD") return await reply.send();
  return await reply.send(createReadStream(path));
}
