import type { Mutation } from "../mutation.ts";

const agentValues = "src/provisioner/coder-provider/calls/agent-values.ts";
const planTests = ["test/unit/coder-provider/change-resource.test.ts"];
const socketTests = ["test/provisioner/coder-provider.test.ts"];

/** The provider of coder/coder: what a claim keeps, whose token an agent has, what cannot end the daemon. */
export const coderProviderMutations: readonly Mutation[] = [
  {
    name: "coder-claim-new-token",
    breaks: "an agent that is not started anew keeps its token",
    edits: [
      {
        file: agentValues,
        find: 'const token = ofJob ?? (prior === null ? "" : textOf(prior, "token"));',
        replace: 'const token = ofJob ?? "";',
      },
    ],
    tests: planTests,
  },
  {
    name: "coder-claim-new-script",
    breaks: "an agent that is not started anew keeps its init script, whatever this release would write",
    edits: [
      {
        file: agentValues,
        find: 'const kept = ofJob === undefined && prior !== null ? textOf(prior, "init_script") : "";',
        replace: 'const kept = "";',
      },
    ],
    tests: planTests,
  },
  {
    name: "coder-token-of-another",
    breaks: "an agent is given the token of its own name alone",
    edits: [
      {
        file: agentValues,
        find: 'return entryOf(facts.agentTokens, textOf(agent, "prewarm_name"));',
        replace: 'return entryOf(facts.agentTokens, textOf(agent, "prewarm_name") || "main");',
      },
    ],
    tests: planTests,
  },
  {
    name: "coder-replaced-at-claim",
    breaks: "an app that changes is updated in place",
    edits: [
      {
        file: "src/provisioner/coder-provider/calls/change-resource.ts",
        find: "return attribute.replaces === true && ",
        replace: 'return attribute.use !== "computed" && ',
      },
    ],
    tests: planTests,
  },
  {
    name: "coder-lost-secret",
    breaks: "a secret that is lost keeps nobody from deleting a workspace",
    edits: [
      {
        file: "src/provisioner/coder-provider/data/read-data.ts",
        find: 'facts.transition === "start" && ',
        replace: "",
      },
    ],
    tests: ["test/unit/coder-provider/data-sources.test.ts"],
  },
  {
    name: "coder-ended-by-terraform",
    breaks: "Terraform does not end the daemon that serves its provider",
    edits: [{ file: "src/provisioner/coder-provider/coder-provider.ts", find: "Test: true,", replace: "Test: false," }],
    tests: socketTests,
  },
  {
    name: "coder-unbounded-message",
    breaks: "the provider takes no message of more than 64 MB",
    edits: [
      {
        file: "src/provisioner/coder-provider/protocol/plugin-server.ts",
        find: '"grpc.max_receive_message_length": messageBytesMax,',
        replace: '"grpc.max_receive_message_length": -1,',
      },
    ],
    tests: socketTests,
  },
];
