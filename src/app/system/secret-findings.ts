import type { DoctorFinding } from "../../contracts/api/system.ts";
import { agentSettingsKeys, agentSettingsSealedBy } from "../../db/agents/agent-settings.ts";
import { beforeAllSecrets, secretKeys, secretsSealedBy } from "../../db/secrets/secret-keys.ts";
import { variableKeys, variablesSealedBy } from "../../db/templates/version-variables.ts";
import type { AppContext } from "../app-context.ts";
import { finding } from "./finding.ts";

const namesShownMax = 10;

/** Whether the keys at hand open the secrets of people and templates, and the variables of versions. */
export async function secretFindings(context: AppContext): Promise<readonly DoctorFinding[]> {
  return [...(await ofSecrets(context)), ...(await ofVariables(context)), ...(await ofAgents(context))];
}

/** Of what builds have told their agents to run. Nothing where no build did, and where all of it can be opened. */
async function ofAgents({ db, stateVault: vault }: AppContext): Promise<readonly DoctorFinding[]> {
  const lost = (await agentSettingsKeys(db)).filter(({ key_id: id }) => !vault.opens(id));
  if (lost.length === 0) return [];
  const keyIds = lost.map(({ key_id: id }) => id);
  const rows = await agentSettingsSealedBy(db, { keyIds, after: beforeAllSecrets, limit: namesShownMax });
  const names = [...new Set(rows.map(({ workspace }) => workspace))];
  const count = lost.reduce((sum, one) => sum + one.count, 0);
  const more = count > rows.length ? ` and ${count - rows.length} more` : "";
  return [
    finding(
      "agent settings",
      "warning",
      `What ${count} agents are to run cannot be opened: ${names.join(", ")}${more}. It was sealed with the key ${keyIds.join(", ")}.`,
      "Put that key behind the present one in `state.key`; if it is lost, stop and start these workspaces.",
    ),
  ];
}

/** Nothing where no version was given variables. */
async function ofVariables({ db, stateVault: vault }: AppContext): Promise<readonly DoctorFinding[]> {
  const keys = await variableKeys(db);
  const all = keys.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return [];
  const lost = keys.filter(({ key_id: id }) => !vault.opens(id));
  if (lost.length > 0) {
    const keyIds = lost.map(({ key_id: id }) => id);
    const rows = await variablesSealedBy(db, { keyIds, after: beforeAllSecrets, limit: namesShownMax });
    const names = rows.map(({ template, number }) => `${template} version ${number}`);
    const count = lost.reduce((sum, one) => sum + one.count, 0);
    const more = count > names.length ? ` and ${count - names.length} more` : "";
    return [
      finding(
        "variables",
        "warning",
        `The Terraform variables of ${count} of ${all} versions cannot be opened, and no job of these is given out: ${names.join(", ")}${more}. They were sealed with the key ${keyIds.join(", ")}.`,
        "Put that key behind the present one in `state.key`; if it is lost, push the template anew with all its variables and `--no-keep-variables`.",
      ),
    ];
  }
  const older = keys.filter(({ key_id: id }) => id !== vault.keyId).reduce((sum, { count }) => sum + count, 0);
  if (older === 0)
    return [finding("variables", "ok", `The present key opens the variables of all ${all} versions that have some.`)];
  return [
    finding(
      "variables",
      "ok",
      `The variables of ${older} of ${all} versions are sealed with an older key, which is given: keep it. They are sealed anew when a server starts while all others have the present key.`,
    ),
  ];
}

async function ofSecrets({ db, stateVault: vault }: AppContext): Promise<readonly DoctorFinding[]> {
  const keys = await secretKeys(db);
  const all = keys.reduce((sum, { count }) => sum + count, 0);
  const lost = keys.filter(({ key_id: id }) => !vault.opens(id));
  if (lost.length > 0) {
    const keyIds = lost.map(({ key_id: id }) => id);
    const rows = await secretsSealedBy(db, { keyIds, after: beforeAllSecrets, limit: namesShownMax });
    const names = rows.map((row) => `${row.name} of ${row.is_templates ? "the template " : ""}${row.holder}`);
    const count = lost.reduce((sum, one) => sum + one.count, 0);
    const more = count > names.length ? ` and ${count - names.length} more` : "";
    return [
      finding(
        "secrets",
        "warning",
        `${count} of ${all} secrets cannot be opened, and no workspace gets them: ${names.join(", ")}${more}. They were sealed with the key ${keyIds.join(", ")}.`,
        "Put that key behind the present one in `state.key`; if it is lost, they are set anew with `prewarm secrets set`, and those of git (`git:HOST`) with `prewarm git link`.",
      ),
    ];
  }
  const older = keys.filter(({ key_id: id }) => id !== vault.keyId).reduce((sum, { count }) => sum + count, 0);
  if (older === 0) return [finding("secrets", "ok", `The present key opens all ${all} secrets.`)];
  return [
    finding(
      "secrets",
      "ok",
      `${older} of ${all} secrets are sealed with an older key, which is given: keep it. They are sealed anew when a server starts while all others have the present key.`,
    ),
  ];
}
