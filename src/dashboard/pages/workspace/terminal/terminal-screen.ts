import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITheme, Terminal } from "@xterm/xterm";
import { look } from "../../../state/look.ts";
import type { Size } from "./terminal-link.ts";
import { terminalSettings } from "./terminal-settings.ts";

const scrollbackLines = 10_000;
/** As WCAG AA asks: colours of programs are brought this far from the ground on which they are. */
const contrastMin = 4.5;
/** Of what a program may offer for the clipboard, as base64. */
const offerLengthMax = 1_048_576;

interface ScreenParts {
  readonly place: HTMLElement;
  readonly label: string;
  readonly onTyped: (text: string) => void;
  readonly onPaste: (text: string) => void;
  readonly onLeave: () => void;
  readonly onFind: () => void;
  /** A program wants something in the clipboard. */
  readonly onOffer: (text: string) => void;
  readonly onLink: (address: string, isShown: boolean) => void;
  /** There is room for so much now. */
  readonly onRoom: (size: Size) => void;
}

/** Of the font's own: with nothing between the rows, each hides what the one before has below its line, as underscores are. */
const lineHeight = 1.2;

export interface TerminalScreen {
  readonly terminal: Terminal;
  readonly search: SearchAddon;
  readonly room: () => Size;
  readonly close: () => void;
}

/** Draws a terminal into a place of the page, in its colours. */
export function openScreen(parts: ScreenParts): TerminalScreen {
  const { place, label } = parts;
  const terminal = new Terminal({
    ...looks(place),
    allowProposedApi: true,
    cursorBlink: false,
    lineHeight,
    scrollback: scrollbackLines,
    minimumContrastRatio: contrastMin,
    linkHandler: { activate: (_, address) => parts.onLink(address, false) },
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new WebLinksAddon((_, address) => parts.onLink(address, true)));
  terminal.open(place);
  terminal.textarea?.setAttribute("aria-label", label);
  const room = (): Size => {
    const { cols, rows } = fit.proposeDimensions() ?? { cols: 80, rows: 24 };
    return { cols: Math.min(1_000, Math.max(2, cols)), rows: Math.min(1_000, Math.max(1, rows)) };
  };
  const first = room();
  terminal.resize(first.cols, first.rows);
  terminal.onData(parts.onTyped);
  terminal.onBinary(parts.onTyped);
  takeKeys(terminal, parts);
  terminal.parser.registerOscHandler(52, (data) => {
    const text = offeredText(data);
    if (text !== null) parts.onOffer(text);
    return true;
  });
  const ends = [watchLooks(terminal, place, () => parts.onRoom(room())), watchPaste(place, parts.onPaste)];
  const watched = new ResizeObserver(() => parts.onRoom(room()));
  watched.observe(place);
  const close = (): void => {
    watched.disconnect();
    for (const end of ends) end();
    terminal.dispose();
  };
  return { terminal, search, room, close };
}

/** Escape and all that shells use is theirs; these few are the page's. */
function takeKeys(terminal: Terminal, { onLeave, onFind }: ScreenParts): void {
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown" || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return true;
    const key = event.key.toLowerCase();
    // The browser pastes, and says so by an event.
    if (key === "v") return false;
    if (key !== "c" && key !== "f" && key !== "escape") return true;
    event.preventDefault();
    if (key === "escape") onLeave();
    else if (key === "f") onFind();
    else if (terminal.hasSelection()) void copyText(terminal.getSelection());
    return false;
  });
}

export async function copyText(text: string): Promise<void> {
  await navigator.clipboard?.writeText(text);
}

/** Of `OSC 52 ; c ; BASE64`; null where a program asks what is in the clipboard, which it is not told. */
function offeredText(data: string): string | null {
  const encoded = data.slice(data.indexOf(";") + 1);
  if (encoded === "" || encoded === "?" || encoded.length > offerLengthMax) return null;
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(encoded), (one) => one.codePointAt(0) ?? 0));
  } catch {
    return null;
  }
}

function watchPaste(place: HTMLElement, onPaste: (text: string) => void): () => void {
  const pasted = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text !== "") onPaste(text);
  };
  place.addEventListener("paste", pasted, true);
  return () => place.removeEventListener("paste", pasted, true);
}

function watchLooks(terminal: Terminal, place: HTMLElement, onChange: () => void): () => void {
  const changed = (): void => {
    terminal.options = looks(place);
    onChange();
  };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  // The theme's attribute is set after those who listen were told.
  const ends = [look.subscribe(() => queueMicrotask(changed)), terminalSettings.subscribe(changed)];
  return () => {
    dark.removeEventListener("change", changed);
    for (const end of ends) end();
  };
}

function looks(place: HTMLElement) {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const theme: ITheme = {
    background: token("n1"),
    foreground: token("n12"),
    cursor: token("n12"),
    cursorAccent: token("n1"),
    selectionBackground: token("accent-border"),
    red: token("bad-text"),
    green: token("ok-text"),
    yellow: token("warn-text"),
    blue: token("busy-text"),
    cyan: token("accent-text"),
  };
  const { fontSize, isForScreenReader } = terminalSettings.get();
  return { theme, fontSize, screenReaderMode: isForScreenReader, fontFamily: getComputedStyle(place).fontFamily };
}
