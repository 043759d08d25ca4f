// A program that stands for the original provider of coder/coder, for tests: a plugin that Terraform starts itself, that
// knows its job by the environment of its process alone, replaces what changes, and has one token for all agents.
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { systemRandom } from "../../src/platform/random.ts";
import { providerCalls } from "../../src/provisioner/coder-provider/calls/provider-calls.ts";
import { readDynamic, writeDynamic } from "../../src/provisioner/coder-provider/calls/dynamic-value.ts";
import type { JobFacts } from "../../src/provisioner/coder-provider/job-facts.ts";
import { answerBytes, type Call } from "../../src/provisioner/coder-provider/protocol/plugin-server.ts";
import { coderSchemas } from "../../src/provisioner/coder-provider/schema.ts";
import { textOf } from "../../src/provisioner/coder-provider/values/value.ts";

const { env } = process;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const variable = (name: string, fallback = ""): string => env[name] ?? fallback;

/** Of the environment, values by a name that only its hash tells. */
function byHash(prefix: string): Readonly<Record<string, string>> {
  return new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => env[`${prefix}${sha256(String(name))}`],
      getOwnPropertyDescriptor: (_, name) => {
        const value = env[`${prefix}${sha256(String(name))}`];
        return value === undefined ? undefined : { value, configurable: true, enumerable: true };
      },
      has: (_, name) => env[`${prefix}${sha256(String(name))}`] !== undefined,
    },
  );
}

const token = variable(`CODER_RUNNING_WORKSPACE_AGENT_TOKEN_${sha256("")}`);
const isTrue = (name: string): boolean => variable(name).toLowerCase() === "true";
const isClaim = isTrue("CODER_WORKSPACE_IS_PREBUILD_CLAIM");
const buildId = variable("CODER_WORKSPACE_BUILD_ID");
const transition = variable("CODER_WORKSPACE_TRANSITION", "start");

const facts: JobFacts = {
  accessUrl: variable("CODER_AGENT_URL", "https://mydeployment.coder.com"),
  ...(buildId === "" ? {} : { buildId }),
  transition: transition === "stop" || transition === "destroy" ? transition : "start",
  workspace: {
    id: variable("CODER_WORKSPACE_ID", randomUUID()),
    name: variable("CODER_WORKSPACE_NAME", "default"),
    templateId: variable("CODER_WORKSPACE_TEMPLATE_ID"),
    templateName: variable("CODER_WORKSPACE_TEMPLATE_NAME"),
    templateVersion: variable("CODER_WORKSPACE_TEMPLATE_VERSION"),
    isPrebuild: isTrue("CODER_WORKSPACE_IS_PREBUILD") && !isClaim,
    isPrebuildClaim: isClaim,
  },
  owner: {
    id: variable("CODER_WORKSPACE_OWNER_ID", randomUUID()),
    username: variable("CODER_WORKSPACE_OWNER", "default"),
    name: variable("CODER_WORKSPACE_OWNER_NAME", "default"),
    email: variable("CODER_WORKSPACE_OWNER_EMAIL") || "default@example.com",
    groups: JSON.parse(variable("CODER_WORKSPACE_OWNER_GROUPS", "[]")),
    rbacRoles: [],
    sshPublicKey: variable("CODER_WORKSPACE_OWNER_SSH_PUBLIC_KEY"),
    sshPrivateKey: variable("CODER_WORKSPACE_OWNER_SSH_PRIVATE_KEY"),
    sessionToken: variable("CODER_WORKSPACE_OWNER_SESSION_TOKEN"),
    oidcAccessToken: variable("CODER_WORKSPACE_OWNER_OIDC_ACCESS_TOKEN"),
    loginType: variable("CODER_WORKSPACE_OWNER_LOGIN_TYPE") || null,
  },
  parameters: byHash("CODER_PARAMETER_"),
  previousParameters: byHash("CODER_PARAMETER_PREVIOUS_"),
  externalAuthTokens: {},
  secretEnvs: {},
  secretFiles: {},
  secretsMayBeMissing: false,
  agentTokens: {},
  initScript: (os, arch) => variable(`CODER_AGENT_SCRIPT_${os}_${arch}`),
  host: { os: "linux", arch: "amd64" },
};

/** The schema is ours, without what is ours alone; and no resource has an update. */
function asOriginal(): void {
  for (const { block } of Object.values(coderSchemas.resources)) {
    const attributes: Record<string, { replaces?: boolean; use: string }> = block.attributes;
    delete attributes["prewarm_name"];
    for (const attribute of Object.values(attributes)) {
      if (attribute.use !== "computed") attribute.replaces = true;
    }
  }
}

type Message = Readonly<Record<string, unknown>>;

/** With another token at each refresh and each creation, unless the running one is given. */
function originalCalls(): Readonly<Record<string, Call>> {
  const state = { facts, random: systemRandom, ownUrl: null };
  const calls = { ...providerCalls(state) };
  const agent = coderSchemas.resources["coder_agent"]?.block;
  const [read, apply] = [calls["ReadResource"], calls["ApplyResourceChange"]];
  if (agent === undefined || read === undefined || apply === undefined) throw new Error("The provider is another one.");
  const withToken = (value: unknown): Message => {
    const fields = readDynamic(agent, value);
    if (fields === null || textOf(fields, "id") === "") throw new Error("There is no agent.");
    return { ...writeDynamic({ ...fields, token: token === "" ? randomUUID() : token }) };
  };
  const changed =
    (call: Call, field: string): Call["answer"] =>
    (message) => {
      const answer = call.answer(message);
      if (message["typeName"] !== "coder_agent" || Buffer.isBuffer(answer)) return answer;
      const value = answer[field];
      return readDynamic(agent, value) === null ? answer : { ...answer, [field]: withToken(value) };
    };
  return {
    ...calls,
    ReadResource: { ...read, answer: changed(read, "newState") },
    ApplyResourceChange: { ...apply, answer: changed(apply, "newState") },
  };
}

const asIs = (bytes: Buffer): Buffer => bytes;
const definition = (service: string, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      {
        path: `/${service}/${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    ]),
  );

asOriginal();
const calls = originalCalls();
const server = new Server();
server.addService(
  definition("tfplugin5.Provider", Object.keys(calls)),
  Object.fromEntries(
    Object.entries(calls).map(([name, call]): [string, handleUnaryCall<Buffer, Buffer>] => [
      name,
      ({ request }, respond) => respond(null, answerBytes(name, call, request)),
    ]),
  ),
);
const shutdown: handleUnaryCall<Buffer, Buffer> = (_, respond) => {
  respond(null, Buffer.alloc(0));
  server.tryShutdown(() => process.exit(0));
};
server.addService(definition("plugin.GRPCController", ["Shutdown"]), { Shutdown: shutdown });
const socket = path.join(mkdtempSync(path.join(tmpdir(), "prewarm-original-")), "plugin.sock");
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  // Core protocol, version of the plugin's protocol, where it listens, no certificate.
  process.stdout.write(`1|5|unix|${socket}|grpc|\n`);
});
