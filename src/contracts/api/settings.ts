import { type Static, Type } from "typebox";
import { Instant } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";
import { settingNameLengthMax, settingValueLengthMax } from "../limits.ts";

/** `stored`: changed while servers ran. It counts where an operator gave none, by flag, environment or file. */
export const settingSources = ["default", "file", "environment", "flag", "stored"] as const;
/** When a change counts: on every server within seconds, or from the next start of each with another flag, variable or file. */
export const settingEffects = ["at_once", "restart"] as const;

export const StoredSetting = Type.Object({
  value: Type.String(),
  at: Instant,
  /** User name; null: the person is not there any more. */
  by: Type.Union([Type.String(), Type.Null()]),
  /** False: this server was given another value, or cannot read this one. `source` says which counts. */
  isInForce: Type.Boolean(),
});

export const Setting = Type.Object({
  name: Type.String(),
  section: Type.String(),
  description: Type.String(),
  /** The shape of a value in words. */
  expected: Type.String(),
  /** As it would be written in the file; null of a secret, and where there is none. */
  value: Type.Union([Type.String(), Type.Null()]),
  /** Empty where there is none. */
  default: Type.String(),
  source: Type.Enum(settingSources),
  effect: Type.Enum(settingEffects),
  isSecret: Type.Boolean(),
  stored: Type.Union([StoredSetting, Type.Null()]),
  /** As they are written, to say where else it is given. */
  flag: Type.String(),
  environment: Type.String(),
});
export type Setting = Static<typeof Setting>;

const params = Type.Object({ setting: Type.String({ minLength: 1, maxLength: settingNameLengthMax }) });

export const settingRoutes = {
  listSettings: {
    method: "GET",
    path: "/api/v1/settings",
    tag: "system",
    summary:
      "The options of the server that answers: value, where it comes from, and whether it can be changed while it runs.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ settings: Type.Array(Setting) }),
  },
  storeSetting: {
    method: "PUT",
    path: "/api/v1/settings/:setting",
    tag: "system",
    summary: "Change an option of the deployment while it runs; every server has it within seconds.",
    credential: "user",
    access: "administrator",
    params,
    body: Type.Object({ value: Type.String({ maxLength: settingValueLengthMax }) }),
    response: Setting,
  },
  resetSetting: {
    method: "DELETE",
    path: "/api/v1/settings/:setting",
    tag: "system",
    summary: "Take a stored value back, so that the default counts again.",
    credential: "user",
    access: "administrator",
    params,
    response: Setting,
  },
} as const satisfies Record<string, RouteDefinition>;
