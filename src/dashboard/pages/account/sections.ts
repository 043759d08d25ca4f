import { type ComponentType, lazy } from "react";

interface Section {
  readonly id: string;
  readonly label: string;
  readonly Content: ComponentType;
}

/** One line for each; the first is the page without a section. */
export const sections: readonly Section[] = [
  { id: "profile", label: "Profile", Content: lazy(() => import("./profile-section.tsx")) },
  { id: "security", label: "Security", Content: lazy(() => import("./security-section.tsx")) },
  { id: "tokens", label: "Tokens", Content: lazy(() => import("./tokens-section.tsx")) },
  { id: "keys", label: "Keys", Content: lazy(() => import("./keys-section.tsx")) },
  { id: "dotfiles", label: "Dotfiles", Content: lazy(() => import("./dotfiles-section.tsx")) },
  { id: "secrets", label: "Secrets", Content: lazy(() => import("./secrets-section.tsx")) },
  { id: "notifications", label: "Notifications", Content: lazy(() => import("./preferences-section.tsx")) },
  { id: "appearance", label: "Appearance", Content: lazy(() => import("./appearance-section.tsx")) },
];
