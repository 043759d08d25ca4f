import { authenticateAgent } from "../../src/app/agents/authenticate-agent.ts";
import { agentSecretsOf } from "../../src/app/secrets/deliver-secrets.ts";
import type { AgentRow } from "../../src/db/agents/agents.ts";
import { create } from "./claims.ts";
import { type Fixture, testFixture } from "./fixture.ts";
import { buildOf, registerDaemon } from "./leasing-daemon.ts";
import type { ServerOptions, TestServer } from "./server.ts";
import { publishTemplate } from "./templates.ts";

export interface SecretBed {
  readonly fx: Fixture;
  readonly agent: AgentRow;
  /** What the agent is given, from a server. */
  readonly given: (on?: TestServer) => Promise<Record<string, string>>;
}

/** Alice's workspace of the template `web` with an agent, and what the agent is given. */
export async function secretBed(options: ServerOptions = {}): Promise<SecretBed> {
  const fx = await testFixture(options);
  await publishTemplate(fx, { presets: {} });
  await create(fx);
  const daemon = await registerDaemon(fx);
  const job = await daemon.take();
  if (job === null) throw new Error("a workspace has a job");
  const token = buildOf(job).agents[0]?.token ?? "";
  await daemon.end(job);
  const agent = await authenticateAgent(fx.context, token, "key");
  const given: SecretBed["given"] = async (on = fx) => {
    const { secrets } = await agentSecretsOf(on.context, agent);
    return Object.fromEntries(secrets.map((one) => [one.name, Buffer.from(one.value, "base64").toString()]));
  };
  return { fx, agent, given };
}
