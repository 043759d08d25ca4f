// Whoever adds a route that changes something says here what the audit log will hold of it.
import { expect, test } from "vitest";
import { type RouteId, routes } from "../../../src/contracts/api/routes.ts";
import type { RouteDefinition } from "../../../src/contracts/api/route.ts";
import { type AuditAction, auditActions } from "../../../src/contracts/audit-actions.ts";

const own = "It is about nobody but himself.";
const told: Partial<Readonly<Record<RouteId, readonly AuditAction[] | string>>> = {
  login: "Sessions are in the list of tokens.",
  logout: "Sessions are in the list of tokens.",
  logoutAll: ["user.end_sessions"],
  changePassword: ["user.set_password"],
  suspendUser: ["user.suspend"],
  activateUser: ["user.activate"],
  resetPassword: ["user.set_password"],
  setRole: ["user.set_role"],
  endUserSessions: ["user.end_sessions"],
  setUp: ["user.set_password"],
  createUser: ["user.create"],
  deleteUser: ["user.delete"],
  createToken: ["token.create"],
  revokeToken: ["token.revoke"],
  createGroup: ["group.create"],
  editGroup: ["group.edit"],
  deleteGroup: ["group.delete"],
  addGroupMembers: ["group.add_members"],
  removeGroupMember: ["group.remove_member"],
  pushTemplate: ["template.push", "template.promote"],
  promoteTemplateVersion: ["template.promote"],
  deprecateTemplate: ["template.deprecate", "template.undeprecate"],
  deleteTemplate: ["template.delete"],
  setTemplateLifecycle: ["template.schedule"],
  createWorkspace: "The workspace and its outcome are the record; the claim's path takes no further row.",
  previewWorkspace: "It changes nothing.",
  bulkWorkspaces: ["workspace.start", "workspace.stop", "workspace.delete", "workspace.extend"],
  createBuild: ["workspace.start", "workspace.stop", "workspace.delete"],
  renameWorkspace: ["workspace.rename"],
  checkTemplate: "It changes nothing.",
  evaluateTemplateForm: "It changes nothing.",
  orphanWorkspace: ["workspace.orphan"],
  setWorkspaceSchedule: ["workspace.schedule"],
  extendWorkspace: ["workspace.extend"],
  setWorkspaceDormancy: ["workspace.dormant", "workspace.wake"],
  getStateVersion: ["state.read"],
  cancelJob: ["job.cancel"],
  cancelJobs: ["job.cancel_prebuilds"],
  storeSetting: ["setting.store"],
  resetSetting: ["setting.reset"],
  pausePrebuilds: ["prebuilds.pause"],
  resumePrebuilds: ["prebuilds.resume"],
  disablePrebuilds: ["prebuilds.disable"],
  enablePrebuilds: ["prebuilds.enable"],
  setPool: ["pool.set"],
  unsetPool: ["pool.unset"],
  resumePool: ["pool.resume"],
  invalidatePrebuilds: ["pool.invalidate"],
  cleanPrebuilds: ["pool.clean"],
  readNotifications: own,
  setNotificationPreference: own,
  retryDeliveries: ["notification.retry"],
  setShare: ["workspace.share"],
  createAppLink: ["workspace.link"],
  removeShare: ["workspace.unshare"],
  setSecret: ["secret.set"],
  removeSecret: ["secret.remove"],
  addLoginKey: ["login_key.add"],
  removeLoginKey: ["login_key.remove"],
  createSshKey: ["key.create"],
  placeSshKey: ["key.allow"],
  rotateSshKey: ["key.rotate"],
  removeSshKey: ["key.remove"],
  changePreferences: own,
  setDotfiles: ["dotfiles.set"],
  clearDotfiles: ["dotfiles.clear"],
  runDotfiles: "It runs what its owner has set, in his own workspace, as he would by a command.",
  linkGitAccount: ["git.link"],
  placeGitAccount: ["git.allow"],
  unlinkGitAccount: ["git.unlink"],
  setTemplateSecret: ["secret.set"],
  removeTemplateSecret: ["secret.remove"],
  createWebhook: ["webhook.create"],
  removeWebhook: ["webhook.remove"],
  testWebhook: "It changes nothing.",
  renameTerminal: "It is in his own workspace, as what he does in its terminal.",
  closeTerminal: "It is in his own workspace, as what he does in its terminal.",
  createDaemonKey: ["daemon_key.create"],
  adoptDaemon: ["daemon.adopt"],
  forgetDaemon: ["daemon.forget"],
  revokeDaemonKey: ["daemon_key.revoke"],
};
/** What the deployment does when nobody asks for it. */
const byItself: readonly AuditAction[] = [
  "workspace.resource_missing",
  "prebuild.agent_lost",
  "prebuild.resource_missing",
  "orphan.remove",
  "user.sign_ins_failed",
  // Of connections, which are no routes.
  "workspace.enter",
  "workspace.leave",
];

test("each route by which a person changes something is audited, or it is said why not", () => {
  const changing = Object.entries(routes as Readonly<Record<string, RouteDefinition>>)
    .filter(([, { method, credential }]) => method !== "GET" && (credential === "user" || credential === "none"))
    .map(([id]) => id);
  expect(changing.filter((id) => !Object.hasOwn(told, id))).toEqual([]);
  expect(Object.keys(told).filter((id) => !changing.includes(id) && id !== "getStateVersion")).toEqual([]);
});

test("each action of the audit log comes from a route, or from the deployment itself", () => {
  const actions = Object.values(told).flatMap((one) => (typeof one === "string" ? [] : one));
  expect(new Set([...actions, ...byItself])).toEqual(new Set(Object.keys(auditActions)));
});
