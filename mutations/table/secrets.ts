import type { Mutation } from "../mutation.ts";

/** To whom a secret goes, when, and where it never is. */
export const secretMutations: readonly Mutation[] = [
  {
    name: "secret-of-unclaimed",
    breaks: "a prebuild that nobody owns is given no secret",
    edits: [
      { file: "src/app/secrets/deliver-secrets.ts", find: "if (generation === 0) {", replace: "if (generation < 0) {" },
    ],
    tests: ["test/db/secrets.test.ts"],
  },
  {
    name: "secret-without-consent",
    breaks: "a person's secret goes only to templates that he has named",
    edits: [
      {
        file: "src/db/secrets/secret-delivery.ts",
        find: "w.template_id = any(s.template_ids || s.key_template_ids)",
        replace: "s.template_ids is not null",
      },
    ],
    tests: ["test/db/secrets.test.ts"],
  },
  {
    name: "key-without-consent",
    breaks: "a person's SSH key goes only to templates that he has named",
    edits: [
      {
        file: "src/db/secrets/secret-delivery.ts",
        find: "w.template_id = any(s.template_ids || s.key_template_ids)",
        replace: "(w.template_id = any(s.template_ids) or s.public_key is not null)",
      },
    ],
    tests: ["test/db/ssh-keys.test.ts"],
  },
  {
    name: "secret-of-another",
    breaks: "nobody but an administrator sees or removes another's secrets",
    edits: [
      {
        file: "src/app/secrets/secrets.ts",
        find: "if (!isAdministrator(actor)) throw forbidden(doing,",
        replace: "if (!isAdministrator(actor) && doing.length < 0) throw forbidden(doing,",
      },
    ],
    tests: ["test/db/secrets.test.ts"],
  },
  {
    name: "secret-name-unlooked",
    breaks: "a secret cannot change how programs run",
    edits: [
      {
        file: "src/contracts/secret-name.ts",
        find: "if (refused.has(upper))",
        replace: "if (refused.has(name))",
      },
    ],
    tests: ["test/db/secrets.test.ts"],
  },
  {
    name: "secret-asked-unclaimed",
    breaks: "an agent does not ask for secrets while nobody owns its workspace",
    edits: [
      {
        file: "src/agent/workspace-secrets.ts",
        find: "if (record.generation === 0) return",
        replace: "if (record.generation < 0) return",
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-for-prewarm",
    breaks: "a prewarm hook, which makes what everybody gets, is given no secret",
    edits: [
      {
        file: "src/agent/workspace-start.ts",
        find: `name === "prewarm" ? { values: {} }`,
        replace: "name.length === 0 ? { values: {} }",
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-unmasked",
    breaks: "no stored line of a hook holds a secret",
    edits: [
      {
        file: "src/agent/line-splitter.ts",
        find: "this.#decoder.write(this.#masked.push(bytes))",
        replace: "this.#decoder.write(bytes)",
      },
    ],
    tests: ["test/unit/agent/line-splitter.test.ts", "test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-cut",
    breaks: "a secret is masked also where its bytes come in pieces",
    edits: [
      {
        file: "src/agent/secret-mask.ts",
        find: "this.#give(this.#held.length - automaton.depthOf(this.#state))",
        replace: "this.#give(this.#held.length)",
      },
    ],
    tests: ["test/property/secret-mask.test.ts"],
  },
  {
    name: "secret-overlap",
    breaks: "of secrets that overlap nothing is left over",
    edits: [
      {
        file: "src/agent/secret-mask.ts",
        find: "last !== undefined && last.to > from;",
        replace: "last !== undefined && last.to > mark.to;",
      },
    ],
    tests: ["test/property/secret-mask.test.ts"],
  },
  {
    name: "secret-within",
    breaks: "a secret is masked also where another one almost ended",
    edits: [
      {
        file: "src/agent/secret-automaton.ts",
        find: "this.#fail[child] = this.next(fail, this.#byte[child] ?? 0);",
        replace: "this.#fail[child] = 0;",
      },
    ],
    tests: ["test/property/secret-mask.test.ts"],
  },
  {
    name: "secret-of-before",
    breaks: "what runs on may print a secret of before: it stays masked",
    edits: [
      {
        file: "src/agent/secret-mask.ts",
        find: "new Set([...former, ...now])",
        replace: "new Set([...former.slice(0, 0), ...now])",
      },
    ],
    tests: ["test/property/secret-mask.test.ts", "test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-left-unmasked",
    breaks: "what an earlier agent's hooks left running is not heard before it is known what to mask",
    edits: [
      {
        file: "src/agent/left-output.ts",
        find: "await Promise.race([secrets.given(abort), sleep(config.timing.secretsWaitMs, abort)]);",
        replace: "await sleep(0, abort);",
      },
      {
        file: "src/agent/left-output.ts",
        find: `secrets.now().kind !== "unknown" ||`,
        replace: `secrets.now().kind !== "nobody" ||`,
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-hook-without",
    breaks: "a hook does not run without the secrets that could not be fetched",
    edits: [
      {
        file: "src/agent/workspace-secrets.ts",
        find: `if (given.kind === "unknown") return { refusal:`,
        replace: `if (given.kind === "unknown" && given.reason === "") return { refusal:`,
      },
      {
        file: "src/agent/workspace-secrets.ts",
        find: "const lacking = (manifest.requiredSecrets ?? []).filter((name) => given.values[name] === undefined);",
        replace: `if (given.kind === "unknown") return { values: {} };
  const lacking = (manifest.requiredSecrets ?? []).filter((name) => given.values[name] === undefined);`,
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-hook-lacking",
    breaks: "a hook does not run without a secret that its template requires",
    edits: [
      {
        file: "src/agent/workspace-secrets.ts",
        find: "if (lacking.length === 0) return",
        replace: "if (lacking.length >= 0) return",
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-not-retried",
    breaks: "secrets that could not be fetched are asked for again",
    edits: [
      {
        file: "src/agent/workspace-secrets.ts",
        find: "nowMs - failingSinceMs >= timing.secretsWaitMs;",
        replace: "nowMs - failingSinceMs >= 0;",
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-kept",
    breaks: "an agent that its server does not know any more forgets its secrets",
    edits: [
      {
        file: "src/agent/hand-over.ts",
        find: "error.status === 401) secrets.forget();",
        replace: "error.status === 499) secrets.forget();",
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-before-command",
    breaks: "what a command names itself goes before a secret of that name",
    edits: [
      {
        file: "src/agent/exec-session.ts",
        find: "...variables, ...this.#start.env }",
        replace: "...this.#start.env, ...variables }",
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "secret-change-unasked",
    breaks: "a secret that was removed while nobody was told is looked after now and then",
    edits: [
      {
        file: "src/agent/hand-over.ts",
        find: `record.hasSecrets === true || hasDotfiles ? "told"`,
        replace: `hasDotfiles ? "told"`,
      },
    ],
    tests: ["test/http/agent-secrets.test.ts"],
  },
  {
    name: "dotfiles-wish-unasked",
    breaks: "a run of dotfiles that was asked for while nobody was told is begun now and then",
    edits: [
      {
        file: "src/agent/hand-over.ts",
        find: `const hasDotfiles = (record.dotfiles?.source ?? null) !== null;`,
        replace: `const hasDotfiles = (record.dotfiles?.source ?? null) === undefined;`,
      },
    ],
    tests: ["test/http/agent-dotfiles.test.ts"],
  },
  {
    name: "secret-change-untold",
    breaks: "agents are told when a secret that they get changes",
    edits: [
      {
        file: "src/db/secrets/secrets.ts",
        find: "for (const agent of agents) tx.emit(`agent:${agent.id}`);",
        replace: "for (const agent of agents.slice(agents.length)) tx.emit(`agent:${agent.id}`);",
      },
    ],
    tests: ["test/db/secrets.test.ts", "test/db/secrets-sealed.test.ts"],
  },
  {
    name: "secret-of-suspended",
    breaks: "nothing is given to workspaces of somebody who is suspended",
    edits: [
      {
        file: "src/db/secrets/secret-delivery.ts",
        find: "o.id = w.owner_id and o.suspended_at is null",
        replace: "o.id = w.owner_id",
      },
    ],
    tests: ["test/db/secrets-sealed.test.ts"],
  },
  {
    name: "secret-unrequired",
    breaks: "no prebuild is spent on who lacks a secret that its template requires",
    edits: [
      {
        file: "src/app/workspaces/creation-request.ts",
        find: `  await requireSecrets(context, actor, request);
`,
        replace: `  if (owner.username === "") await requireSecrets(context, actor, request);
`,
      },
    ],
    tests: ["test/db/required-secrets.test.ts"],
  },
  {
    name: "secret-required-unallowed",
    breaks: "a secret that its owner has not let go to the template counts as lacking",
    edits: [
      {
        file: "src/app/secrets/required-secrets.ts",
        find: "if (found?.is_given === true) return undefined;",
        replace: "if (found !== undefined) return undefined;",
      },
    ],
    tests: ["test/db/required-secrets.test.ts"],
  },
  {
    name: "secret-required-asked",
    breaks: "a template that requires no secret costs a creation no question",
    edits: [
      {
        file: "src/app/secrets/required-secrets.ts",
        find: "if (required.length === 0) return;",
        replace: "if (required.length < 0) return;",
      },
    ],
    tests: ["test/db/required-secrets.test.ts"],
  },
  {
    name: "secret-sealed-early",
    breaks: "no secret is sealed with a key that a working server has not",
    edits: [
      {
        file: "src/app/secrets/reseal-secrets.ts",
        find: "agents.length === 0 || !(await isEverybodysKey(context))",
        replace: "agents.length === 0 || (await isEverybodysKey(context)) === null",
      },
    ],
    tests: ["test/db/secrets-sealed.test.ts"],
  },
  {
    name: "secret-key-lost",
    breaks: "doctor names secrets that no key opens",
    edits: [
      {
        file: "src/app/system/secret-findings.ts",
        find: "if (lost.length > 0) {\n    const keyIds = lost.map(({ key_id: id }) => id);\n    const rows = await secretsSealedBy",
        replace:
          "if (lost.length > all) {\n    const keyIds = lost.map(({ key_id: id }) => id);\n    const rows = await secretsSealedBy",
      },
    ],
    tests: ["test/db/secrets-sealed.test.ts"],
  },
  {
    name: "git-token-anywhere",
    breaks: "a git host's token goes to workspaces of templates that its owner has named",
    edits: [
      {
        file: "src/app/secrets/give-git-credential.ts",
        find: "if (!row.is_allowed) return",
        replace: "if (row.template_name.length < 0) return",
      },
    ],
    tests: ["test/db/git-accounts.test.ts"],
  },
  {
    name: "git-token-in-the-clear",
    breaks: "no token is sent to another machine without TLS",
    edits: [
      {
        file: "src/app/secrets/give-git-credential.ts",
        find: `protocol !== "https" && !isLoopbackHost(host)`,
        replace: `protocol !== "https" && host.length < 0 && !isLoopbackHost(host)`,
      },
    ],
    tests: ["test/db/git-accounts.test.ts"],
  },
  {
    name: "git-judges-anybody",
    breaks: "what a host refused is told of a token only if the agent has given it",
    edits: [
      {
        file: "src/agent/git/git-credentials.ts",
        find: "password === null || hashOf(password) !== given.hash",
        replace: "password === null",
      },
    ],
    tests: ["test/http/agent-git.test.ts"],
  },
  {
    name: "git-token-unmasked",
    breaks: "a token that git was given is in no stored line",
    edits: [
      {
        file: "src/agent/git/git-credentials.ts",
        find: "this.#input.masks.add([token, Buffer",
        replace: "this.#input.masks.add([Buffer",
      },
    ],
    tests: ["test/http/agent-git.test.ts"],
  },
  {
    name: "dotfiles-each-start",
    breaks: "dotfiles that are there are run once for a claim, and not at each start",
    edits: [
      {
        file: "src/agent/dotfiles/dotfiles.ts",
        find: "if (isOtherStart && isStale) return record;",
        replace: "if (isOtherStart && (isStale || isOtherStart)) return record;",
      },
    ],
    tests: ["test/http/agent-dotfiles.test.ts"],
  },
  {
    name: "dotfiles-overwrite",
    breaks: "what dotfiles find in their way is kept",
    edits: [
      {
        file: "src/agent/dotfiles/dotfiles-script.ts",
        find: `then aside "$to"; fi ;;`,
        replace: `then rm -rf "$to"; fi ;;`,
      },
    ],
    tests: ["test/http/agent-dotfiles.test.ts"],
  },
];
