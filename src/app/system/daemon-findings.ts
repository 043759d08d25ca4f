import type { DoctorFinding } from "../../contracts/api/system.ts";
import type { ListedDaemon } from "../../db/daemons/daemons.ts";
import { finding } from "./finding.ts";

/** A daemon that has been away for longer counts as removed, and is not mentioned any more. */
const awayShownMs = 7 * 86_400_000;

/** What a daemon can do; or, for a while, that it is away, and whether it said so. */
export function daemonFindings(
  daemon: ListedDaemon,
  isAlive: boolean,
  { now, isShared }: { readonly now: Date; readonly isShared: boolean },
): readonly DoctorFinding[] {
  if (isAlive) return [...driverFindings(daemon), ...unisolatedFindings(daemon, isShared)];
  const { name, kind, seen_at: seenAt, is_signed_off: isSignedOff, workspaces } = daemon;
  if (workspaces > 0) return [strandedFinding(daemon)];
  if (now.getTime() - seenAt.getTime() > awayShownMs) return [];
  const since = seenAt.toISOString();
  if (isSignedOff) {
    return [
      finding("daemons", "ok", `The provisioner "${name}" has signed off: it was stopped on purpose at ${since}.`),
    ];
  }
  // A server's own daemon goes with it, and nothing lies on its host: nobody is to look for it.
  if (kind === "builtin") return [];
  return [
    finding(
      "daemons",
      "warning",
      `The provisioner "${name}" does not answer and has not signed off; it was heard of last at ${since}.`,
      "Look at its log on its host, and start it again.",
    ),
  ];
}

/** However long it is away, and also when it was stopped on purpose: nobody can stop, start or delete what lies there. */
function strandedFinding({
  name,
  seen_at: seenAt,
  is_signed_off: isSignedOff,
  workspaces,
}: ListedDaemon): DoctorFinding {
  const lie = workspaces === 1 ? "1 workspace lies" : `${workspaces} workspaces lie`;
  const gone = isSignedOff ? "has signed off at" : "does not answer and has not signed off; it was heard of last at";
  return finding(
    "daemons",
    "warning",
    `The provisioner "${name}" ${gone} ${seenAt.toISOString()}, and ${lie} on its host, which no other can reach.`,
    "Start it there again; or see `prewarm daemons adopt` and `prewarm delete --orphan`.",
  );
}

function unisolatedFindings({ name, unisolated }: ListedDaemon, isShared: boolean): readonly DoctorFinding[] {
  return unisolated.map(({ driver, reason }) => {
    const what = `On the provisioner "${name}" workspaces of the driver ${driver} are kept apart from nothing: ${reason}.`;
    if (!isShared) return finding("isolation", "ok", `${what} One person alone may have such workspaces.`);
    return finding(
      "isolation",
      "warning",
      `${what} Several people may have them, and each can read the others' and the provisioner's secrets.`,
      "Run the provisioner as root, with `provisioner.process_accounts`; or use templates of containers, and leave `provisioner.allow_unisolated` off.",
    );
  });
}

/** One that was asked for by its name and cannot be used wants attention; one that was only looked for is told. */
function driverFindings({ name, drivers, unavailable }: ListedDaemon): readonly DoctorFinding[] {
  const usable = finding(
    "drivers",
    "ok",
    `The provisioner "${name}" has the drivers: ${drivers.join(", ") || "none"}.`,
  );
  return [
    usable,
    ...unavailable.map(({ driver, reason, next, isWanted }) =>
      finding(
        "drivers",
        isWanted ? "warning" : "ok",
        `The provisioner "${name}" cannot use the driver ${driver}: ${reason}`,
        next === "" || !isWanted ? null : next,
      ),
    ),
  ];
}
