import { type Static, Type } from "typebox";
import { appNameLengthMax, appNamePattern } from "./app-address.ts";

/** Who may open an app or a port: each of these and those before it. */
export const shareLevels = ["owner", "organization", "authenticated", "public"] as const;
export type ShareLevel = (typeof shareLevels)[number];

/** Whether the app sees its own public address, or `localhost` with its port, as development servers want to. */
export const appHostModes = ["preserve", "localhost"] as const;
/** `own`: the owner's other apps may read it; `passthrough`: the app says it itself; `none`: nobody. */
export const appCorsPolicies = ["own", "none", "passthrough"] as const;

export const appsPerAgentMax = 32;
const urlLengthMax = 512;

/** What serves HTTP in a workspace. Its address and its rules: `contracts/app-address.ts`, `platform/manifest-apps.ts`. */
export const ManifestApp = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: appNameLengthMax, pattern: appNamePattern }),
    display_name: Type.Optional(Type.String({ maxLength: 64 })),
    icon: Type.Optional(Type.String({ maxLength: 256 })),
    /** `http://` or `https://`, of the workspace's own machine; its path is where the app is opened. */
    url: Type.String({ minLength: 1, maxLength: urlLengthMax }),
    share: Type.Optional(Type.Enum(shareLevels)),
    /** The most that its owner may share it with. */
    max_share: Type.Optional(Type.Enum(shareLevels)),
    host: Type.Optional(Type.Enum(appHostModes)),
    cors: Type.Optional(Type.Enum(appCorsPolicies)),
    /** Lower ones are shown first; 0 unless said. */
    order: Type.Optional(Type.Integer({ minimum: -1_000, maximum: 1_000 })),
    /** Reachable, and not shown. */
    hidden: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type ManifestApp = Static<typeof ManifestApp>;
