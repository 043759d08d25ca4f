import { createInterface } from "node:readline";
import { createAgentsRole } from "./agents-role.ts";
import { createDaemonsRole } from "./daemons-role.ts";
import { createLineRole } from "./line-role.ts";
import { createLoadRole } from "./load-generator.ts";
import { createServerRole } from "./server-role.ts";
import { createStreamsRole } from "./streams-role.ts";

const roles = {
  server: createServerRole,
  load: createLoadRole,
  agents: createAgentsRole,
  daemons: createDaemonsRole,
  streams: createStreamsRole,
  line: createLineRole,
};
type RoleName = keyof typeof roles;

export async function runRole(name: string): Promise<void> {
  const role = roles[name as RoleName]();
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await role.answer(JSON.parse(line)).then(
      (ok) => ({ ok: ok ?? null }),
      (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await role.close();
  process.exit(0);
}
