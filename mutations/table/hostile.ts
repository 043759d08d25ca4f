import type { Mutation } from "../mutation.ts";

/** What keeps people, agents and daemons from taking what is another's, or all there is. */
export const hostileMutations: readonly Mutation[] = [
  {
    name: "agent-key-unasked",
    breaks: "who has read an agent's token cannot be the agent",
    edits: [
      {
        file: "src/app/agents/authenticate-agent.ts",
        find: "if (key === undefined) return agent.key_hash === null;",
        replace: "if (key === undefined) return true;",
      },
    ],
    tests: ["test/db/agent-keys.test.ts"],
  },
  {
    name: "agent-key-replaced",
    breaks: "the first key that comes with an agent's token is the agent's, and another one is refused",
    edits: [
      {
        file: "src/db/agents/agent-keys.ts",
        find: "and (a.key_hash is null or a.key_hash = k.key_hash or a.key_open_until > k.now)",
        replace: "and true",
      },
    ],
    tests: ["test/db/agent-keys.test.ts"],
  },
  {
    name: "state-unmasked",
    breaks: "a state is shown without what opens anything",
    edits: [
      {
        file: "src/app/workspaces/state-versions.ts",
        find: "state: shownState(state) };",
        replace: "state: shownState(state) === undefined ? null : state };",
      },
    ],
    tests: ["test/db/state-versions.test.ts"],
  },
  {
    name: "places-of-one",
    breaks: "one person or address holds no more than its bound",
    edits: [{ file: "src/platform/places.ts", find: "this.#heldBy(key) >= max", replace: "this.#heldBy(key) > max" }],
    tests: ["test/unit/platform/places.test.ts"],
  },
  {
    name: "places-not-kept",
    breaks: "the last quarter of a server's places is for who holds few",
    edits: [
      {
        file: "src/platform/places.ts",
        find: "(isFew ? this.#max : Math.ceil(this.#max * (1 - keptShare)))",
        replace: "(isFew ? this.#max : Math.ceil(this.#max * (1 - keptShare * 0)))",
      },
    ],
    tests: ["test/unit/platform/places.test.ts"],
  },
  {
    name: "sign-in-unlimited",
    breaks: "who tries passwords has to wait",
    edits: [
      {
        file: "src/app/identity/sign-in-limits.ts",
        find: "if (waitMs > 0) {",
        replace: "if (waitMs > waitMsMax * 2) {",
      },
    ],
    tests: ["test/unit/app/sign-in-limits.test.ts"],
  },
  {
    name: "sign-in-locks-out",
    breaks: "no number of failures from elsewhere keeps somebody out",
    edits: [
      {
        file: "src/app/identity/sign-in-limits.ts",
        find: "this.#seen(this.#accounts, account).count >= attackedAfter ? 1 : freeOfPair",
        replace: "this.#seen(this.#accounts, account).count >= attackedAfter ? 0 : freeOfPair",
      },
    ],
    tests: ["test/unit/app/sign-in-limits.test.ts"],
  },
  {
    name: "owner-unlocked",
    breaks: "a person who is deleted is not given a workspace at the same time",
    edits: [
      { file: "src/db/claims/live-owners.ts", find: "  order by id\n  for key share`;", replace: "  order by id`;" },
    ],
    tests: ["test/db/owner-deleted.test.ts"],
  },
  {
    name: "builtin-name-taken",
    breaks: "no key takes the name of the server's own daemon, and its jobs",
    edits: [
      {
        file: "src/db/daemons/daemons.ts",
        find: "or (daemons.kind = 'external' and (",
        replace: "or (daemons.kind in ('external', 'builtin') and (",
      },
    ],
    tests: ["test/http/daemon-keys.test.ts"],
  },
  {
    name: "manifest-shown",
    breaks: "members do not see what a template sets and runs in its workspaces",
    edits: [
      {
        file: "src/app/templates/member-views.ts",
        find: "agents: agents.map(({ name }) => ({ name }))",
        replace: "agents: agents.map((agent) => agent)",
      },
    ],
    tests: ["test/http/member-sees.test.ts"],
  },
];
