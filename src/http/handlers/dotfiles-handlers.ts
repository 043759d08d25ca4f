import { clearDotfiles, runDotfiles, seeDotfiles, setDotfiles } from "../../app/dotfiles/dotfiles.ts";
import type { dotfilesRoutes } from "../../contracts/api/dotfiles.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function dotfilesHandlers(deps: HttpDeps): Handlers<keyof typeof dotfilesRoutes> {
  return {
    getDotfiles: async ({ caller }) => await seeDotfiles(deps, caller),
    setDotfiles: async ({ caller, body }) => await setDotfiles(deps, caller, body),
    clearDotfiles: async ({ caller }) => {
      await clearDotfiles(deps, caller);
      return {};
    },
    runDotfiles: async ({ caller, params }) => await runDotfiles(deps, caller, params),
  };
}
