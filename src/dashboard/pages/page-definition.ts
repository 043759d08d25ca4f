import type { LucideIcon } from "lucide-react";
import type { User } from "../../contracts/api/identity.ts";
import type { ComponentType } from "react";

/** A page, as the router and the menu see it. Its code is loaded when it is gone to. */
export interface PageDefinition {
  /** As in TanStack's router: `$name` for a part, `{-$tab}` for one that may be absent. */
  readonly path: string;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
  /**
   * Questions that it begins with at an address without a query, as paths of the API. The server names them in the page, so
   * that a browser asks them while it still loads the scripts. Read by `tools/build/page-scripts.mjs`.
   */
  readonly firstAsks?: readonly string[];
  /** Without the rail and the top bar, and without a session. */
  readonly isBare?: boolean;
  /** Addresses in it that the palette goes to, without an entry in the menu. */
  readonly places?: readonly { readonly label: string; readonly address: string }[];
  /** An entry of the rail. */
  readonly menu?: {
    readonly label: string;
    readonly icon: LucideIcon;
    /** From the top. */
    readonly place: number;
    /** Paths that it is the entry of besides its own, by their beginning. */
    readonly owns?: readonly string[];
    /** Who sees it; everybody unless said. */
    readonly isFor?: (me: User) => boolean;
    /** `g` and this letter go there. */
    readonly key?: string;
  };
}
