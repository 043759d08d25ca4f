import { examine } from "../../app/system/doctor.ts";
import { isDatabaseUp } from "../../app/system/readiness.ts";
import type { systemRoutes } from "../../contracts/api/system.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function systemHandlers(deps: HttpDeps): Handlers<keyof typeof systemRoutes> {
  return {
    health: async () => ({ status: "ok" }),
    ready: async ({ reply }) => {
      const isUp = await isDatabaseUp(deps);
      if (!isUp) void reply.code(503);
      return isUp ? { status: "ready", database: "up" } : { status: "not_ready", database: "down" };
    },
    version: async () => ({ version: deps.options.version }),
    doctor: async ({ caller }) => await examine(deps, caller, deps.controllers),
  };
}
