export const auditTargetKinds = [
  "workspace",
  "template",
  "pool",
  "prebuilds",
  "job",
  "organization",
  "user",
  "group",
  "token",
  "daemon_key",
  "daemon",
  "webhook",
  "deliveries",
  "secret",
  "ssh_key",
  "git_account",
  "setting",
] as const;
/** What an act is done to. `pool` is named by its template; `prebuilds` are those of the whole deployment. */
export type AuditTargetKind = (typeof auditTargetKinds)[number];

interface ActionEntry {
  readonly target: AuditTargetKind;
  readonly about: string;
}

function about(target: AuditTargetKind, text: string): ActionEntry {
  return { target, about: text };
}

/** Every act that is written to the audit log, and what it means. `docs/audit.md` is written from it. */
export const auditActions = {
  "workspace.start": about("workspace", "Somebody, or its autostart, started it."),
  "workspace.stop": about("workspace", "Somebody, its deadline, or the clean-up after a failed start stopped it."),
  "workspace.delete": about("workspace", "Somebody deleted it, or it had been dormant for too long."),
  "workspace.dormant": about("workspace", "It was put away: by somebody, or as nobody had used it."),
  "workspace.wake": about("workspace", "Somebody woke it from dormancy without starting it."),
  "workspace.schedule": about("workspace", "Somebody changed its TTL or autostart."),
  "workspace.extend": about("workspace", "Somebody moved the deadline of its run."),
  "workspace.share": about(
    "workspace",
    "Its owner shared an app or a port, with whom and until when; the detail says which.",
  ),
  "workspace.unshare": about("workspace", "An app or a port was taken back, to what its template says."),
  "workspace.enter": about(
    "workspace",
    "Somebody got into it; the detail says by which door (`ssh`, `terminal`, `command`, a port or an app) and from which address. What follows within a minute is the same visit.",
  ),
  "workspace.leave": about(
    "workspace",
    "His visit has ended: how many connections it had, for how many seconds, and the bytes of its lines each way.",
  ),
  "workspace.link": about(
    "workspace",
    "Its owner made an address that opens an app or a port without a sign-in, for at most an hour; the detail says which.",
  ),
  "workspace.rename": about("workspace", "Somebody gave it another name; the target's name is the one before."),
  "workspace.orphan": about(
    "workspace",
    "It was deleted without its provisioner; the detail says what may be left behind.",
  ),
  "workspace.resource_missing": about("workspace", "A daemon found that what it consists of is gone from its host."),
  "state.read": about(
    "workspace",
    "Somebody looked at what its driver knows to exist; tokens and secrets were masked.",
  ),
  "prebuild.agent_lost": about("workspace", "An unclaimed prebuild was replaced, as its agent had stayed away."),
  "prebuild.resource_missing": about("workspace", "An unclaimed prebuild was replaced, as its things were gone."),
  "orphan.remove": about("workspace", "A daemon was told to remove what exists for no workspace."),
  "template.push": about("template", "Somebody pushed a version."),
  "template.promote": about("template", "A version became active: by somebody, or as its import had succeeded."),
  "template.deprecate": about("template", "Somebody deprecated it."),
  "template.undeprecate": about("template", "Somebody took its deprecation back."),
  "template.delete": about("template", "Somebody deleted it."),
  "template.schedule": about("template", "Somebody changed its lifecycle policy beside the manifest."),
  "pool.set": about("pool", "Somebody set its size, age or schedule beside the template."),
  "pool.unset": about("pool", "Somebody took that back."),
  "pool.resume": about("pool", "Somebody lifted its hard limit or validation failure."),
  "pool.invalidate": about("pool", "Somebody marked what it has as expired."),
  "pool.clean": about("pool", "Somebody deleted its failed and parked prebuilds."),
  "setting.store": about(
    "setting",
    "Somebody changed an option of the deployment while it ran; the detail has the value before (null: none was stored) and after.",
  ),
  "setting.reset": about("setting", "Somebody took a stored option back; the detail has its value."),
  "prebuilds.pause": about("prebuilds", "Somebody paused the reconciler of the deployment."),
  "prebuilds.resume": about("prebuilds", "Somebody resumed it."),
  "prebuilds.disable": about("prebuilds", "Somebody switched prebuilds off in the deployment."),
  "prebuilds.enable": about("prebuilds", "Somebody switched them on."),
  "job.cancel": about("job", "Somebody cancelled a job; the target's name is its workspace."),
  "job.cancel_prebuilds": about("organization", "Somebody cancelled the pools' pending builds."),
  "user.sign_ins_failed": about(
    "user",
    "Wrong passwords were tried: written at the 5th, 50th, 500th … failure on one server within an hour of each other, with the address of that one.",
  ),
  "user.set_role": about("user", "Somebody changed what a user may do; the detail says from what to what."),
  "user.create": about("user", "Somebody created a user, with his roles."),
  "user.delete": about("user", "Somebody deleted a user, and ended his sessions and tokens."),
  "user.suspend": about("user", "Somebody suspended a user: his sessions ended, and he cannot sign in."),
  "user.activate": about("user", "Somebody ended a suspension."),
  "user.set_password": about(
    "user",
    "A password was set: with the administrator's one-time link, by its owner, or by an administrator; it ended sessions.",
  ),
  "user.end_sessions": about("user", "Somebody ended all sessions of his own or, as an administrator, of a user."),
  "token.create": about("token", "Somebody made himself an API token."),
  "token.revoke": about("token", "Somebody revoked an API token or a session."),
  "daemon_key.create": about("daemon_key", "Somebody created a key for provisioner daemons."),
  "daemon_key.revoke": about("daemon_key", "Somebody revoked one."),
  "daemon.adopt": about("daemon", "The workspaces on the host of a daemon that is gone were given to another one."),
  "daemon.forget": about("daemon", "Somebody had a daemon that is gone left out of lists."),
  "group.create": about("group", "Somebody created a group, with its allowance."),
  "group.edit": about("group", "Somebody changed its name or allowance."),
  "group.delete": about("group", "Somebody deleted it."),
  "group.add_members": about("group", "Somebody added people to it."),
  "group.remove_member": about("group", "Somebody took a person out of it."),
  "webhook.create": about("webhook", "Somebody added a target for notifications."),
  "webhook.remove": about("webhook", "Somebody removed one."),
  "secret.set": about("secret", "Somebody set a secret of his own or of a template, or to which templates it may go."),
  "key.create": about("ssh_key", "Somebody had an SSH key of his own made; the detail has its public half."),
  "key.rotate": about("ssh_key", "Somebody had his SSH key replaced by a new one."),
  "key.allow": about("ssh_key", "Somebody said to which templates' workspaces his SSH key may go."),
  "login_key.add": about("ssh_key", "Somebody added a key of his for the SSH gateway; the detail has its public half."),
  "login_key.remove": about("ssh_key", "A key for the SSH gateway was removed, and what was open by it ended."),
  "key.remove": about("ssh_key", "An SSH key was removed; the detail says whose it was."),
  "git.link": about("git_account", "Somebody linked an account of his own at a git host, or gave it another token."),
  "git.allow": about("git_account", "Somebody said to which templates' workspaces his account at a git host may go."),
  "git.unlink": about("git_account", "An account at a git host was unlinked; the detail says whose it was."),
  "dotfiles.set": about(
    "user",
    "Somebody set his dotfiles, which his workspaces run; the detail has their repository.",
  ),
  "dotfiles.clear": about("user", "Somebody has no dotfiles any more."),
  "secret.remove": about("secret", "Somebody removed one; the detail says whose it was."),
  "notification.retry": about("deliveries", "Somebody had dead letters tried again."),
} as const satisfies Readonly<Record<string, ActionEntry>>;

/** `thing.verb`. */
export type AuditAction = keyof typeof auditActions;
