import { type CliCommand, defineGroup } from "./command.ts";
import { appCommands, portCommands, shareCommands } from "./commands/apps.ts";
import { auditCommands } from "./commands/audit.ts";
import { logoutCommand, passwordCommand, whoAmICommand } from "./commands/account.ts";
import { completionCommand } from "./commands/completion.ts";
import { contextCommands } from "./commands/context.ts";
import { configSshCommand } from "./commands/config-ssh.ts";
import { cpCommand } from "./commands/cp.ts";
import { createWorkspaceCommand } from "./commands/create.ts";
import { daemonKeyCommands } from "./commands/daemon-keys.ts";
import { daemonCommands } from "./commands/daemons.ts";
import { serverListCommands } from "./commands/servers.ts";
import { settingCommands } from "./commands/settings.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { dotfilesCommands } from "./commands/dotfiles.ts";
import { execCommand } from "./commands/exec.ts";
import { gitCommands } from "./commands/git.ts";
import { favouriteCommand } from "./commands/favourite.ts";
import { groupCommands, quotaCommands } from "./commands/groups.ts";
import { cancelJobsCommand } from "./commands/jobs-cancel.ts";
import { jobReadCommands } from "./commands/jobs-list.ts";
import { lifecycleCommands } from "./commands/lifecycle.ts";
import { listWorkspacesCommand } from "./commands/list-workspaces.ts";
import { loginCommand } from "./commands/login.ts";
import { logsCommand } from "./commands/logs.ts";
import { prebuildChangeCommands } from "./commands/prebuilds-change.ts";
import { prebuildSetCommands } from "./commands/prebuilds-set.ts";
import { deliveryCommands } from "./commands/notifications-delivery.ts";
import { inboxCommands } from "./commands/notifications-inbox.ts";
import { pingCommand, speedtestCommand } from "./commands/measure.ts";
import { openCommand } from "./commands/open.ts";
import { portForwardCommand } from "./commands/port-forward.ts";
import { listPrebuildsCommand } from "./commands/prebuilds-list.ts";
import { prebuildTimeCommands } from "./commands/prebuilds-time.ts";
import { agentCommand, databaseCommands, serverCommand, startProvisionerCommand } from "./commands/programs.ts";
import { organizationCommands } from "./commands/organizations.ts";
import { renameCommand } from "./commands/rename.ts";
import { scheduleCommands } from "./commands/schedule.ts";
import { templateScheduleCommand } from "./commands/templates-schedule.ts";
import { setupCommand } from "./commands/setup.ts";
import { showWorkspaceCommand } from "./commands/show-workspace.ts";
import { keyCommands } from "./commands/keys.ts";
import { secretCommands } from "./commands/secrets.ts";
import { sshCommand } from "./commands/ssh.ts";
import { stateCommands } from "./commands/states.ts";
import { templateChangeCommands } from "./commands/templates-change.ts";
import { templateFileCommands } from "./commands/templates-files.ts";
import { templateInsightsCommand } from "./commands/templates-insights.ts";
import { templateFormCommand } from "./commands/templates-form.ts";
import { templateReadCommands } from "./commands/templates-list.ts";
import { pushTemplateCommand } from "./commands/templates-push.ts";
import { terminalCommand } from "./commands/terminal.ts";
import { tokenCommands } from "./commands/tokens.ts";
import { userCommands } from "./commands/users.ts";
import { versionCommand } from "./commands/version.ts";
import { workspacesBulkCommands } from "./commands/workspaces-bulk.ts";

/** Every command, in the order of the help. */
export const commandTree: readonly CliCommand[] = [
  setupCommand,
  loginCommand,
  logoutCommand,
  whoAmICommand,
  passwordCommand,
  defineGroup("context", "the servers that you work with, and which one is used", contextCommands),
  createWorkspaceCommand,
  listWorkspacesCommand,
  showWorkspaceCommand,
  ...lifecycleCommands,
  renameCommand,
  favouriteCommand,
  defineGroup("workspaces", "do something with many workspaces at once", workspacesBulkCommands),
  defineGroup("schedule", "when a workspace is started, stopped and put away by itself", scheduleCommands),
  logsCommand,
  execCommand,
  terminalCommand,
  sshCommand,
  configSshCommand,
  portForwardCommand,
  openCommand,
  cpCommand,
  pingCommand,
  speedtestCommand,
  defineGroup("apps", "reach what a workspace serves in a browser", appCommands),
  defineGroup("ports", "see on which ports a workspace listens", portCommands),
  defineGroup("shares", "let others open an app or a port of yours", shareCommands),
  defineGroup("templates", "publish and manage templates", [
    pushTemplateCommand,
    ...templateReadCommands,
    templateFormCommand,
    ...templateFileCommands,
    templateInsightsCommand,
    ...templateChangeCommands,
    templateScheduleCommand,
  ]),
  defineGroup("prebuilds", "look after the pools", [
    listPrebuildsCommand,
    ...prebuildTimeCommands,
    ...prebuildSetCommands,
    ...prebuildChangeCommands,
  ]),
  defineGroup("jobs", "look after the provisioner jobs", [...jobReadCommands, cancelJobsCommand]),
  defineGroup("notifications", "read what happened, and choose how you are told", [
    ...inboxCommands,
    ...deliveryCommands,
  ]),
  defineGroup("audit", "read what was done, by whom and why", auditCommands),
  defineGroup("secrets", "give workspaces what is not to be read", secretCommands),
  defineGroup("keys", "have an SSH key in your workspaces that is on none of their disks", keyCommands),
  defineGroup("git", "have git in your workspaces sign in over HTTPS by tokens of yours", gitCommands),
  defineGroup("dotfiles", "have your own settings in your workspaces", dotfilesCommands),
  defineGroup("state", "see what drivers know to exist of a workspace", stateCommands),
  defineGroup("organizations", "see the organizations that you are in", organizationCommands),
  defineGroup("users", "manage users", userCommands),
  defineGroup("groups", "manage the groups of an organization and their allowances", groupCommands),
  defineGroup("quota", "what you may use, and use", quotaCommands),
  defineGroup("tokens", "manage your API tokens", tokenCommands),
  doctorCommand,
  versionCommand,
  completionCommand,
  serverCommand,
  defineGroup("provisioner", "run provisioner daemons", [
    startProvisionerCommand,
    defineGroup("keys", "manage the keys of provisioner daemons", daemonKeyCommands),
  ]),
  defineGroup("daemons", "see provisioner daemons, and what becomes of those that are gone", daemonCommands),
  defineGroup("servers", "see the servers of the deployment", serverListCommands),
  defineGroup("settings", "see the options of the servers, and change some while they run", settingCommands),
  agentCommand,
  defineGroup("db", "export and import the database", databaseCommands),
];
