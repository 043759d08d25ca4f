import { createStore } from "./store.ts";

const metaContent = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

/** Path below which the server lies, without a slash at its end; empty where it lies below none. */
export const basePath = metaContent("prewarm-base");

/** What this page was made for. */
const ownVersion = metaContent("x-prewarm-version");

/** The version that answers, once it is another one than this page's. */
export const newerVersion = createStore<string | null>(null);

/** Milliseconds to add to this machine's clock to have the server's. */
export const clockOffsetMs = createStore(0);

/** A `date` header has whole seconds: less than that is no difference. */
const offsetNotedFromMs = 1_500;

/** Takes from an answer what concerns the whole page. */
export function noteAnswer(response: Response, version: string | null): void {
  if (ownVersion !== "" && version !== null && version !== ownVersion) newerVersion.set(version);
  const told = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(told)) return;
  const offset = told - Date.now();
  const next = Math.abs(offset) < offsetNotedFromMs ? 0 : offset;
  if (Math.abs(next - clockOffsetMs.get()) > offsetNotedFromMs) clockOffsetMs.set(next);
}

export const serverNow = (): number => Date.now() + clockOffsetMs.get();
