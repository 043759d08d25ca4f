import type { Mutation } from "../mutation.ts";

const told = ["test/db/told-settings.test.ts"];
const agent = ["test/http/agent-settings.test.ts"];

/** What a build tells of its agents: whose it is, when it is waited for, how often its scripts run. */
export const agentSettingsMutations: readonly Mutation[] = [
  {
    name: "settings-of-before-a-claim",
    breaks: "an agent waits for what the claim's build tells",
    edits: [
      {
        file: "src/app/agents/told-settings.ts",
        find: "const isBehind = generation === null || generation < row.generation;",
        replace: "const isBehind = generation === null;",
      },
    ],
    tests: told,
  },
  {
    name: "settings-stay",
    breaks: "nothing of what an agent ran is left once it is retired",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "connection_id = null, settings_sealed = null",
        replace: "connection_id = null",
      },
    ],
    tests: told,
  },
  {
    name: "settings-key-lost",
    breaks: "what an older key has sealed is sealed anew",
    edits: [
      {
        file: "src/app/secrets/reseal-secrets.ts",
        find: "(await agentSettingsKeys(db)).filter(isOlder)",
        replace: "(await agentSettingsKeys(db)).filter((row) => isOlder(row) && row.count < 0)",
      },
    ],
    tests: told,
  },
  {
    name: "scripts-not-for-the-owner",
    breaks: "a claim runs the scripts once more",
    edits: [
      {
        file: "src/agent/hand-over.ts",
        find: "(memory.start()?.settingsGeneration ?? 0) < generation",
        replace: "(memory.start()?.settingsGeneration ?? generation) < 0",
      },
    ],
    tests: agent,
  },
  {
    name: "scripts-again-and-again",
    breaks: "an agent that is restarted does not run the scripts again",
    edits: [
      {
        file: "src/agent/workspace-start.ts",
        find: "if (earlier !== null && isSameStart(",
        replace: "if (earlier !== null && earlier.settingsGeneration === undefined && isSameStart(",
      },
    ],
    tests: agent,
  },
  {
    name: "modules-newer",
    breaks: "every daemon has the modules of the import",
    edits: [
      {
        file: "src/provisioner/drivers/terraform/modules/module-pins.ts",
        find: "calls.set(caller, { ...calls.get(caller), [key.slice(at + 1)]: { version } });",
        replace:
          'calls.set(caller, { ...calls.get(caller), [key.slice(at + 1)]: { version: version && ">= 0.0.0" } });',
      },
    ],
    tests: ["test/terraform/terraform-modules.test.ts"],
  },
];
