import { type Static, Type } from "typebox";
import { tokenNameLengthMax } from "../limits.ts";
import { closed, Empty, Instant, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const DaemonKey = Type.Object({
  id: Uuid,
  name: Type.String(),
  createdAt: Instant,
  /** The daemon that it is for: the one that was named, else the first that registers with it. Null until then. */
  daemon: Type.Union([Type.String(), Type.Null()]),
});
export type DaemonKey = Static<typeof DaemonKey>;

export const daemonKeyRoutes = {
  listDaemonKeys: {
    method: "GET",
    path: "/api/v1/daemon-keys",
    tag: "provisioner",
    summary: "The live keys with which external daemons authenticate.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ keys: Type.Array(DaemonKey) }),
  },
  createDaemonKey: {
    method: "POST",
    path: "/api/v1/daemon-keys",
    tag: "provisioner",
    summary: "Create a key for one external daemon. The secret is in this answer only.",
    credential: "user",
    access: "administrator",
    status: 201,
    body: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: tokenNameLengthMax }),
        daemon: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      },
      closed,
    ),
    response: Type.Object({ key: DaemonKey, secret: Type.String() }),
  },
  revokeDaemonKey: {
    method: "DELETE",
    path: "/api/v1/daemon-keys/:keyId",
    tag: "provisioner",
    summary: "Revoke a daemon key: daemons that use it are refused from their next call on.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ keyId: Uuid }),
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
