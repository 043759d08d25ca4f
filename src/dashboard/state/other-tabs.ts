import { basePath } from "./server-facts.ts";

/** What tabs of one browser tell each other about who is signed in. */
type Told = { readonly kind: "signed-out" } | { readonly kind: "signed-in"; readonly username: string };

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`prewarm.session${basePath}`);
let own: string | undefined;

export function tellSignedOut(): void {
  channel?.postMessage({ kind: "signed-out" } satisfies Told);
}

/** Others that show somebody else's things load themselves anew. */
export function tellSignedIn(username: string): void {
  if (own === username) return;
  own = username;
  channel?.postMessage({ kind: "signed-in", username } satisfies Told);
}

/** @param leave clears what the tab shows, as it is nobody's, or somebody else's, any more */
export function onOtherTabs(leave: (kind: Told["kind"]) => void): void {
  channel?.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    if (own === undefined || (data.kind === "signed-in" && data.username === own)) return;
    leave(data.kind);
  });
}
