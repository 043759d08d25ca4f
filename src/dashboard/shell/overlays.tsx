import { lazy, Suspense } from "react";
import type { User } from "../../contracts/api/identity.ts";
import { overlay } from "../state/palette.ts";
import { useStore } from "../state/store.ts";

// Not needed to show a page: loaded when they are first opened.
const Palette = lazy(() => import("../palette/palette.tsx"));
const KeysHelp = lazy(() => import("../palette/keys-help.tsx"));

/** What a key opens over any page. */
export function Overlays({ me }: { readonly me: User }) {
  const open = useStore(overlay);
  return (
    <Suspense>
      {open === "palette" ? <Palette me={me} /> : null}
      {open === "keys" ? <KeysHelp /> : null}
    </Suspense>
  );
}
