import type { GitAnswer, GitAsk } from "../git/git-words.ts";
import { answerLine } from "../line-exchange.ts";
import { PrivateSocket } from "../private-socket.ts";
import { type CoderAnswer, type CoderAsk, coderAnswerMs, coderAskBytesMax, coderAskOf } from "./coder-words.ts";
import { Units } from "./units.ts";

/** Connections at a time: one for each command that runs, of which those that wait ask now and then. */
const connectionsMax = 128;

export type GitTokens = (ask: GitAsk) => Promise<GitAnswer>;

/** What the agent does for the command `coder` of its workspace. */
export class CoderService {
  readonly units = new Units();
  readonly #git: GitTokens;
  readonly #socket = new PrivateSocket({
    name: "coder",
    connectionsMax,
    serve: (socket) =>
      answerLine(socket, { bytesMax: coderAskBytesMax, limitMs: 2 * coderAnswerMs }, (line) => {
        const ask = coderAskOf(line);
        return ask === null ? null : this.answer(ask).then((answer) => JSON.stringify(answer));
      }),
  });

  constructor(git: GitTokens) {
    this.#git = git;
  }

  /** @returns the path of its socket. */
  async open(): Promise<string | undefined> {
    await this.#socket.open();
    return this.#socket.path;
  }

  close(): void {
    this.#socket.close();
  }

  async answer(ask: CoderAsk): Promise<CoderAnswer> {
    try {
      return { outcome: "done", value: await this.#done(ask) };
    } catch (error) {
      return { outcome: "refused", reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #done(ask: CoderAsk): Promise<unknown> {
    switch (ask.kind) {
      case "ping":
        return null;
      case "list":
        return this.units.list();
      case "want":
        this.units.want(ask.unit, ask.on);
        return null;
      case "start":
        return this.units.start(ask.unit);
      case "complete":
        this.units.complete(ask.unit);
        return null;
      case "status":
        return this.units.status(ask.unit);
      case "git":
        return await this.#git(ask.ask);
    }
  }
}
