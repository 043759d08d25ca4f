import { type Static, Type } from "typebox";
import { appNameLengthMax, appNamePattern } from "./app-address.ts";
import { shareLevels } from "./share-levels.ts";

/** Whether the app sees its own public address, or `localhost` with its port, as development servers want to. */
export const appHostModes = ["preserve", "localhost"] as const;
/** `own`: the owner's other apps may read it; `passthrough`: the app says it itself; `none`: nobody. */
export const appCorsPolicies = ["own", "none", "passthrough"] as const;
/** What a page that links to an app opens it in. */
export const appOpenIns = ["tab", "window"] as const;
export type AppOpenIn = (typeof appOpenIns)[number];

const urlLengthMax = 512;
const commandLengthMax = 4_096;

/** Seconds, and a count. What is not said: `healthcheckUnlessSaid`. */
export const ManifestHealthcheck = Type.Object(
  {
    /** A path of the app's own, or an address of the workspace's own machine; the app's own address unless said. */
    url: Type.Optional(Type.String({ minLength: 1, maxLength: urlLengthMax })),
    interval: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600 })),
    timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
    /** Checks in a row that have to fail. */
    threshold: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    /** Whether the workspace is usable only while this app is healthy. */
    required: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type ManifestHealthcheck = Static<typeof ManifestHealthcheck>;

/** What serves HTTP in a workspace, or runs in a terminal of it. Its address: `contracts/app-address.ts`; rules: `platform/manifest-apps.ts`. */
export const ManifestApp = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: appNameLengthMax, pattern: appNamePattern }),
    display_name: Type.Optional(Type.String({ maxLength: 64 })),
    icon: Type.Optional(Type.String({ maxLength: 256 })),
    /** `http://` or `https://`, of the workspace's own machine; its path is where the app is opened. Or `unix:` and a path. */
    url: Type.Optional(Type.String({ minLength: 1, maxLength: urlLengthMax })),
    /** Instead of `url`: for the owner's login shell, in a terminal. */
    command: Type.Optional(Type.String({ minLength: 1, maxLength: commandLengthMax })),
    healthcheck: Type.Optional(ManifestHealthcheck),
    share: Type.Optional(Type.Enum(shareLevels)),
    /** The most that its owner may share it with. */
    max_share: Type.Optional(Type.Enum(shareLevels)),
    host: Type.Optional(Type.Enum(appHostModes)),
    cors: Type.Optional(Type.Enum(appCorsPolicies)),
    open_in: Type.Optional(Type.Enum(appOpenIns)),
    /** Lower ones are shown first; 0 unless said. */
    order: Type.Optional(Type.Integer({ minimum: -1_000, maximum: 1_000 })),
    /** Reachable, and not shown. */
    hidden: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type ManifestApp = Static<typeof ManifestApp>;
