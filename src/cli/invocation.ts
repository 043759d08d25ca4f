import type { Client } from "../client/client.ts";
import { CodedError } from "../contracts/errors.ts";
import { loadContexts } from "./contexts.ts";
import type { Output } from "./output/output.ts";
import { resolveAccess } from "./session.ts";
import type { CliWorld } from "./world.ts";

export interface ConnectOptions {
  /** Milliseconds after which a call is given up; the client's own default unless said. */
  readonly timeoutMs?: number;
}

/** One run of one command: what it may talk to. */
export interface Invocation {
  readonly world: CliWorld;
  readonly output: Output;
  /** `{ organization }` of `--organization`, or nothing; spread into the query of a route that takes it. */
  readonly organization: { readonly organization?: string };
  /** The client of the server that the user is signed in to. Errors: `unauthenticated`. */
  readonly connect: (options?: ConnectOptions) => Promise<Client>;
}

/** The client is loaded here and not at the top, because its schemas cost more than all other commands together. */
export async function clientFor(url: string, token: string | undefined, options: ConnectOptions = {}): Promise<Client> {
  const { Client } = await import("../client/client.ts");
  return new Client({ url, token, ...options });
}

async function noContext(world: CliWorld): Promise<CodedError> {
  const { contexts } = await loadContexts(world);
  if (contexts.length === 0) return new CodedError("unauthenticated", "You are not signed in to any server.");
  const names = contexts.map(({ name }) => name).join(", ");
  return new CodedError("unauthenticated", "No context is the current one.", {
    next: `\`prewarm context use NAME\` chooses one of ${names}; or run \`prewarm login URL\`.`,
  });
}

/** Where to, and with what. Errors: `unauthenticated`. */
export async function requireAccess(world: CliWorld): Promise<{ readonly url: string; readonly token: string }> {
  const access = await resolveAccess(world);
  if (access === undefined) throw await noContext(world);
  const { url, token } = access;
  if (token !== undefined) return { url, token };
  throw new CodedError("unauthenticated", `There is no session or token for ${url}.`, {
    next: `Run \`prewarm login ${url}\`, or set PREWARM_TOKEN.`,
  });
}

export async function connect(world: CliWorld, options: ConnectOptions = {}): Promise<Client> {
  const { url, token } = await requireAccess(world);
  return clientFor(url, token, options);
}
