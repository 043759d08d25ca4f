import { type RefObject, useEffect, useRef, useState } from "react";
import { onWaking } from "../../../live/waking.ts";
import { type LinkState, TerminalLink } from "./terminal-link.ts";
import { openScreen, type TerminalScreen } from "./terminal-screen.ts";

interface Wanted {
  readonly workspaceId: string;
  readonly id: string;
  readonly label: string;
  readonly onTitle: (title: string) => void;
  readonly onLeave: () => void;
  readonly onFind: () => void;
  readonly onNew: () => void;
  readonly onPaste: (text: string) => void;
  readonly onOffer: (text: string) => void;
  readonly onLink: (address: string, isShown: boolean) => void;
}

export interface OpenTerminal {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly state: LinkState;
  /** Whether somebody else's window sets its size. */
  readonly isOtherSize: boolean;
  readonly screen: RefObject<TerminalScreen | null>;
  readonly link: RefObject<TerminalLink | null>;
}

/** A terminal on the screen and its line to the workspace, for as long as the component is there. */
export function useTerminal(wanted: Wanted): OpenTerminal {
  const { workspaceId, id } = wanted;
  const place = useRef<HTMLDivElement>(null);
  const screen = useRef<TerminalScreen>(null);
  const link = useRef<TerminalLink>(null);
  const latest = useRef(wanted);
  const [state, setState] = useState<LinkState>({ kind: "connecting" });
  const [isOtherSize, setOtherSize] = useState(false);
  useEffect(() => void (latest.current = wanted));
  useEffect(() => {
    if (place.current === null) return;
    let isOwn = true;
    let hasEnded = false;
    const opened = openScreen({
      place: place.current,
      label: latest.current.label,
      onTyped: (text) => {
        if (!hasEnded) line.type(text);
        else if (text === "\r") latest.current.onNew();
      },
      onPaste: (text) => latest.current.onPaste(text),
      onLeave: () => latest.current.onLeave(),
      onFind: () => latest.current.onFind(),
      onOffer: (text) => latest.current.onOffer(text),
      onLink: (address, isShown) => latest.current.onLink(address, isShown),
      onRoom: (size) => {
        if (isOwn) opened.terminal.resize(size.cols, size.rows);
        line.resize(size);
      },
    });
    const line = new TerminalLink({
      workspaceId,
      id,
      size: opened.room,
      onState: (next) => {
        hasEnded = next.kind === "ended";
        setState(next);
      },
      onBytes: (bytes, onShown) => opened.terminal.write(bytes, onShown),
      onCleared: () => opened.terminal.reset(),
      onTitle: (title) => latest.current.onTitle(title),
      onSize: (size) => {
        isOwn = size.isOwn;
        setOtherSize(!isOwn);
        const { cols, rows } = isOwn ? opened.room() : size;
        opened.terminal.resize(cols, rows);
      },
    });
    const offline = (): void => line.cut();
    addEventListener("offline", offline);
    const stopWaking = onWaking(() => line.renew());
    screen.current = opened;
    link.current = line;
    return () => {
      removeEventListener("offline", offline);
      stopWaking();
      line.close();
      opened.close();
      screen.current = null;
      link.current = null;
    };
  }, [workspaceId, id]);
  return { place, state, isOtherSize, screen, link };
}
