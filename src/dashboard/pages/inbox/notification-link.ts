import type { Notification } from "../../../contracts/api/notifications.ts";
import type { NotificationKind } from "../../../contracts/notification-kinds.ts";

interface Link {
  /** A verb with its object. */
  readonly label: string;
  readonly to: string;
}

type Detail = Readonly<Record<string, unknown>>;

const workspace = (detail: Detail, owner: string): Link | undefined =>
  link("Open workspace", detail, ["workspace"], ([name = ""]) => `/@${owner}/${name}`);
const pool = (detail: Detail): Link | undefined =>
  link("Open pool", detail, ["template", "preset"], ([template = "", preset = ""]) => `/pools/${template}/${preset}`);
const job = (detail: Detail): Link | undefined => link("Open log", detail, ["jobId"], ([id = ""]) => `/jobs/${id}`);
const daemons = (): Link => ({ label: "Open daemons", to: "/admin/daemons" });

/** Where what is told can be seen, or something be done about it. */
const links: Readonly<Record<NotificationKind, (detail: Detail, owner: string) => Link | undefined>> = {
  claim_replaced_resources: (detail) =>
    link("Open template", detail, ["template"], ([template = ""]) => `/templates/${template}`),
  rehearsal_found_replacement: pool,
  pool_hard_limited: pool,
  pool_recovered: pool,
  template_import_failed: job,
  workspace_dormant: workspace,
  workspace_deletion_soon: workspace,
  build_failed: job,
  daemon_lost: daemons,
  daemon_back: daemons,
  reconciliation_paused: () => ({ label: "Open pools", to: "/pools" }),
};

/** @param owner whose inbox it is: what is told of a workspace is told to its owner */
export function linkOf({ kind, detail }: Pick<Notification, "kind" | "detail">, owner: string): Link | undefined {
  return links[kind](detail, owner);
}

/** Undefined where the notification, of another release perhaps, does not say all of it. */
function link(
  label: string,
  detail: Detail,
  names: readonly string[],
  address: (parts: readonly string[]) => string,
): Link | undefined {
  const parts = names.map((name) => detail[name]).filter((part) => typeof part === "string" && part !== "");
  return parts.length === names.length
    ? { label, to: address(parts.map((part) => encodeURIComponent(part as string))) }
    : undefined;
}
