import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import type { GitCredential } from "../../contracts/agent-protocol.ts";
import { gitHostOf, isLoopbackHost } from "../../contracts/git-host.ts";
import { answerLine } from "../line-exchange.ts";
import { PrivateSocket } from "../private-socket.ts";
import type { SecretMasks } from "../secret-mask.ts";
import { type ServerHttp, ServerRefusal } from "../server-http.ts";
import { type GitAnswer, type GitAsk, gitAnswerMs, gitAskOf, gitWordBytesMax } from "./git-words.ts";

const connectionsMax = 64;
/** Hosts of which something is remembered; the oldest go first. */
const hostsMax = 64;

const nothing: GitAnswer = { credential: null, notice: null };

/** A token that git was given: enough to know it again, and not the token. */
interface Given {
  readonly id: string;
  readonly username: string;
  readonly hash: string;
  isRefused: boolean;
}

export interface GitCredentialsInput {
  readonly http: Pick<ServerHttp, "gitCredential" | "reportGitCredential">;
  readonly masks: SecretMasks;
  /** A line of the workspace's log. */
  readonly tell: (text: string) => void;
}

/**
 * Gives git the tokens of the workspace's owner, each time from the server, for the host that it signs in to and no other.
 * The socket is there while somebody owns the workspace; no token is kept here, nor on a disk.
 */
export class GitCredentials {
  readonly #input: GitCredentialsInput;
  readonly #given = new Map<string, Given>();
  /** What the log was last told of each host. */
  readonly #told = new Map<string, string>();
  readonly #socket = new PrivateSocket({ name: "git", connectionsMax, serve: (socket) => this.#serve(socket) });

  constructor(input: GitCredentialsInput) {
    this.#input = input;
  }

  /** Undefined while nobody owns the workspace. */
  get path(): string | undefined {
    return this.#socket.path;
  }

  async open(): Promise<void> {
    await this.#socket.open();
  }

  close(): void {
    this.#given.clear();
    this.#socket.close();
  }

  async answer(ask: GitAsk): Promise<GitAnswer> {
    const host = gitHostOf(ask.host);
    // Only what travels sealed, but to the machine itself.
    if (host === undefined || !(ask.protocol === "https" || (ask.protocol === "http" && isLoopbackHost(host)))) {
      return nothing;
    }
    if (ask.operation === "get") return await this.#get(host, ask);
    return await this.#fared(host, ask);
  }

  async #get(host: string, { protocol, username }: GitAsk): Promise<GitAnswer> {
    let found: GitCredential;
    try {
      const abort = AbortSignal.timeout(gitAnswerMs);
      found = await this.#input.http.gitCredential({ protocol: protocol === "http" ? "http" : "https", host }, abort);
    } catch (error) {
      return this.#without(host, `the server did not give a token for ${host}: ${reasonOf(error)}`);
    }
    if (found.outcome !== "given") return this.#without(host, lackOf(found, host));
    const { id, token, username: known, isRefused } = found;
    if (username !== null && username !== known) {
      return this.#without(host, `the address names ${username}, and the account linked at ${host} is ${known}`);
    }
    // Before git has it, as git or a hook may print it; as git sends it, too.
    this.#input.masks.add([token, Buffer.from(`${known}:${token}`).toString("base64")]);
    keep(this.#given, host, { id, username: known, hash: hashOf(token), isRefused });
    this.#told.delete(host);
    return { credential: { username: known, password: token }, notice: null };
  }

  /** The host took what git had, or did not; what another helper or a person has given is none of ours. */
  async #fared(host: string, { operation, password }: GitAsk): Promise<GitAnswer> {
    const given = this.#given.get(host);
    if (given === undefined || password === null || hashOf(password) !== given.hash) return nothing;
    const isRefused = operation === "erase";
    if (given.isRefused !== isRefused) {
      given.isRefused = isRefused;
      await this.#input.http
        .reportGitCredential({ id: given.id, isRefused }, AbortSignal.timeout(gitAnswerMs))
        // It is for the list that people see; what matters is said below.
        .catch(() => undefined);
    }
    if (!isRefused) return nothing;
    const link = `\`prewarm git link ${host} --username ${given.username} --token-stdin\``;
    return this.#without(host, `the token for ${host} was refused: link again with ${link}`);
  }

  /** Who uses git is told each time, the log once. */
  #without(host: string, text: string): GitAnswer {
    if (this.#told.get(host) !== text) this.#input.tell(`Git: ${text}.`);
    keep(this.#told, host, text);
    return { credential: null, notice: text };
  }

  #serve(socket: Socket): void {
    answerLine(socket, { bytesMax: gitWordBytesMax, limitMs: 2 * gitAnswerMs }, (line) => {
      const ask = gitAskOf(line);
      return ask === null ? null : this.answer(ask).then((answer) => JSON.stringify(answer));
    });
  }
}

type Lacking = Exclude<GitCredential, { readonly outcome: "given" }>;

function lackOf({ outcome, template }: Lacking, host: string): string {
  switch (outcome) {
    case "not_linked":
      return `no account is linked for ${host}: \`prewarm git link ${host} --username NAME --token-stdin --for ${template}\` links one`;
    case "not_allowed":
      return `the account at ${host} is not for this template: \`prewarm git allow ${host} ${template}\` has it used here`;
    case "suspended":
      return `no token is given for ${host}, as the workspace's owner is suspended`;
    case "unopened":
      return `the token for ${host} cannot be opened, as its key is gone: link the account again with \`prewarm git link ${host}\``;
  }
}

function keep<Value>(map: Map<string, Value>, host: string, value: Value): void {
  map.delete(host);
  map.set(host, value);
  const [oldest] = map.keys();
  if (map.size > hostsMax && oldest !== undefined) map.delete(oldest);
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** An answer may repeat what it was about: of a refusal its number is enough. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ServerRefusal)) return error instanceof Error ? error.message : String(error);
  if (error.status === 429) return "git has asked too often of late";
  return error.status === 404 ? "it is of an older release" : `it answered ${error.status}`;
}
