import type { Mutation } from "../mutation.ts";

/** What providers made, and how it is kept. */
export const stateMutations: readonly Mutation[] = [
  {
    name: "state-of-another",
    breaks: "a sealed state opens only in its own workspace",
    edits: [
      {
        file: "src/app/provisioner/state-vault.ts",
        find: ".setAAD(Buffer.from(workspaceId));",
        replace: ".setAAD(Buffer.from(workspaceId.slice(0, 0)));",
      },
      {
        file: "src/app/provisioner/state-vault.ts",
        find: ".setAAD(Buffer.from(by.workspaceId))",
        replace: ".setAAD(Buffer.from(by.workspaceId.slice(0, 0)))",
      },
    ],
    tests: ["test/db/provider-states.test.ts", "test/db/state-versions.test.ts"],
  },
  {
    name: "state-plain",
    breaks: "states are sealed",
    edits: [
      {
        file: "src/app/provisioner/state-vault.ts",
        find: "const text = Buffer.concat([cipher.update(plain), cipher.final()]);",
        replace: "const text = Buffer.concat([plain, cipher.update(plain), cipher.final()]);",
      },
      {
        file: "src/app/provisioner/state-vault.ts",
        find: "decipher.update(sealed.subarray(headerBytes))",
        replace: "decipher.update(sealed.subarray(headerBytes + (sealed.length - headerBytes) / 2))",
      },
    ],
    tests: ["test/db/provider-states.test.ts", "test/db/state-versions.test.ts"],
  },
  {
    name: "state-key",
    breaks: "states are sealed by the deployment's key",
    edits: [
      {
        file: "src/app/provisioner/state-vault.ts",
        find: 'createCipheriv("aes-256-gcm", current, nonce)',
        replace: 'createCipheriv("aes-256-gcm", Buffer.alloc(current.length), nonce)',
      },
      {
        file: "src/app/provisioner/state-vault.ts",
        find: 'createDecipheriv("aes-256-gcm", by.key, nonce,',
        replace: 'createDecipheriv("aes-256-gcm", Buffer.alloc(by.key.length), nonce,',
      },
    ],
    tests: ["test/db/provider-states.test.ts"],
  },
  {
    name: "state-older-over-newer",
    breaks: "an older state never replaces a newer one",
    edits: [
      {
        file: "src/db/resources/provider-states.ts",
        find: 'store("c.job_id <> $1 or c.attempt <> $2 or c.serial <= $3")',
        replace: 'store("c.job_id <> $1 or c.attempt <> $2 or c.serial <= $3 + 1000")',
      },
    ],
    tests: ["test/db/provider-states.test.ts"],
  },
  {
    name: "state-adopt-late",
    breaks: "what a lost attempt made is not taken when a job has gone on since",
    edits: [
      {
        file: "src/db/resources/provider-states.ts",
        find: "        and l.attempt > 0\n        and l.status <> 'pending')",
        replace: "        and l.attempt > 1000000\n        and l.status <> 'pending')",
      },
    ],
    tests: ["test/db/provider-states.test.ts"],
  },
  {
    name: "state-versions-kept",
    breaks: "earlier states are kept, and only so many",
    edits: [
      {
        file: "src/db/resources/provider-states.ts",
        find: "      order by o.id desc\n      limit $8 - 2)",
        replace: "      order by o.id desc\n      limit $8 + 1000)",
      },
    ],
    tests: ["test/db/provider-states.test.ts", "test/db/state-versions.test.ts"],
  },
  {
    name: "state-gone",
    breaks: "a deleted workspace leaves no state behind",
    edits: [
      {
        file: "src/db/jobs/finish-job.ts",
        find: "), versions as (\n  delete from provider_state_versions\n  where workspace_id = $1\n)",
        replace: "), versions as (\n  delete from provider_state_versions\n  where workspace_id = $1 and id is null\n)",
      },
    ],
    tests: ["test/db/provider-states.test.ts", "test/db/finish-job.test.ts"],
  },
  {
    name: "store-guard",
    breaks: "I6: nothing else is asked of the database while a transaction is open",
    edits: [
      {
        file: "src/db/store.ts",
        find: "if (open?.isOpen === true) {",
        replace: "if (open?.isOpen === true && (false as boolean)) {",
      },
    ],
    tests: ["test/db/store.test.ts"],
  },
  {
    name: "lint-publish",
    breaks: "I6: a publish inside a transaction is refused by the linter",
    edits: [{ file: ".oxlintrc.json", find: ', "prewarm/no-publish-in-transaction": "error"', replace: "" }],
    tests: ["tools/lint/plugin.test.ts"],
  },
  {
    name: "import-inherits",
    breaks: "a version that failed its import is not promoted",
    edits: [
      {
        file: "src/db/jobs/finish-import.ts",
        find: 'if (outcome.kind === "succeeded" && version?.activate_on_success === true) {',
        replace: "if (version?.activate_on_success === true) {",
      },
    ],
    tests: ["test/db/finish-job.test.ts"],
  },
  {
    name: "lease-clock",
    breaks: "a controller's lease that is held is not taken",
    edits: [
      {
        file: "src/db/servers/leases.ts",
        find: "where leases.holder = excluded.holder\n  or leases.expires_at < clock_timestamp()\n",
        replace: "where leases.holder is not null\n",
      },
    ],
    tests: ["test/db/controller-lease.test.ts"],
  },
];
