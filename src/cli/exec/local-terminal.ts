import { CodedError } from "../../contracts/errors.ts";
import type { CliWorld, TerminalSize } from "../world.ts";

const sizeUnlessKnown: TerminalSize = { rows: 24, columns: 80 };

/** The terminal that somebody sits at, for what runs in one of a workspace. */
export interface LocalTerminal {
  readonly size: () => TerminalSize;
  /** Hands each key on as it is typed while `work` runs, and tells of new sizes. It is as it was however that ends. */
  readonly raw: <Value>(onResize: () => void, work: () => Promise<Value>) => Promise<Value>;
}

/** Errors: `invalid_request` where there is none; `next` says what else to do. */
export function localTerminal(world: CliWorld, asked: { readonly what: string; readonly next: string }): LocalTerminal {
  const { terminal } = world;
  if (!world.isInputTerminal || !world.isOutputTerminal || terminal === undefined) {
    const message = `The input or the output is not a terminal, which ${asked.what} needs.`;
    throw new CodedError("invalid_request", message, { next: asked.next });
  }
  return {
    size: () => world.terminalSize?.() ?? sizeUnlessKnown,
    async raw(onResize, work) {
      const takeBack = terminal.onResize(onResize);
      terminal.setRaw(true);
      try {
        return await work();
      } finally {
        terminal.setRaw(false);
        takeBack();
      }
    },
  };
}
