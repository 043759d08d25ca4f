import { type TerminalAsk, terminalInputBytesMax, type TerminalService } from "../../contracts/terminals.ts";
import { decodeTerminalRecord, inStream, TerminalMessages } from "../../tunnel/terminal-records.ts";
import type { Target } from "../tunnel/target.ts";
import type { TunnelSession } from "../tunnel/tunnel-session.ts";
import type { TerminalSession } from "./terminal-session.ts";
import type { Terminals } from "./terminals.ts";

/** A terminal cannot say when its program has read: it is looked at. */
const inputLookMs = 20;

/** A viewer's stream. Errors: in words, when there is no terminal for him. */
export async function serveViewer(terminals: Terminals, service: TerminalService): Promise<Target> {
  const found = await terminals.find(service);
  return {
    take: (stream) => view(found.session, stream, { ...service, isNew: found.isNew }),
    leave: () => terminals.abandon(found),
  };
}

interface Wish {
  readonly cols: number;
  readonly rows: number;
  readonly from: number | null;
  readonly isNew: boolean;
}

function view(session: TerminalSession, stream: TunnelSession, wish: Wish): void {
  const { duplex } = stream;
  const messages = new TerminalMessages();
  const viewer = session.attach(
    {
      send: (record) => void duplex.write(inStream(record)),
      end: () => void duplex.end(),
      cut: (code, message) => stream.end(code, message),
    },
    wish,
  );
  let timer: NodeJS.Timeout | undefined;
  const untilRead = (): void => {
    if (session.pendingInputBytes <= terminalInputBytesMax || session.hasEnded) return void duplex.resume();
    duplex.pause();
    timer = setTimeout(untilRead, inputLookMs);
  };
  duplex.on("data", (piece: Buffer) => {
    try {
      for (const message of messages.take(piece)) session.receive(viewer, decodeTerminalRecord(message));
    } catch (error) {
      session.detach(viewer);
      return stream.end("tunnel_fault", error instanceof Error ? error.message : String(error));
    }
    if (session.pendingInputBytes > terminalInputBytesMax) untilRead();
  });
  // He has said his last; what his terminal prints still goes to him until he closes.
  duplex.once("end", () => duplex.end());
  duplex.once("close", () => {
    clearTimeout(timer);
    session.detach(viewer);
  });
}

/** A stream that brings the answer to what is asked of the terminals, and ends. */
export function serveTerminals(terminals: Terminals, ask: TerminalAsk): Target {
  return {
    take: ({ duplex }) => {
      duplex.resume();
      terminals.answer(ask).then(
        (answer) => void duplex.end(JSON.stringify(answer)),
        (error: unknown) => void duplex.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    leave: () => undefined,
  };
}
