import { Client } from "../../src/client/client.ts";
import type { DoctorReport } from "../../src/contracts/api/system.ts";
import { people } from "../plan/load-plan.ts";
import { password, type System } from "../system/system.ts";
import { packTemplate, templates } from "./templates.ts";
import { Watcher } from "./watcher.ts";

const callLimitMs = 20_000;
const doctorLimitMs = 5_000;

export interface Person {
  readonly name: string;
  readonly client: Client;
  readonly watcher: Watcher;
}

export interface Crew {
  readonly admin: Client;
  /** What `doctor` says on the server at this port, asked past balancer and proxy. */
  doctorOf(port: number): Promise<DoctorReport>;
  readonly people: readonly Person[];
}

/** Makes the people and the templates, and starts the daemons, with everything still in order. */
export async function assembleCrew(system: System, folder: string): Promise<Crew> {
  const url = system.urlFor(people.length);
  const session = await new Client({ url }).call("login", { body: { username: "admin", password } });
  const admin = new Client({ url, token: session.secret, timeoutMs: callLimitMs });
  await system.startDaemons(admin);
  const crew: Person[] = [];
  for (const [nth, name] of people.entries()) {
    await admin.call("createUser", { body: { username: name, password } });
    const own = new Client({ url: system.urlFor(nth) });
    const { secret } = await own.call("login", { body: { username: name, password } });
    const client = new Client({ url: system.urlFor(nth), token: secret, timeoutMs: callLimitMs });
    crew.push({ name, client, watcher: new Watcher(client) });
  }
  for (const template of templates) {
    const bytes = await packTemplate(folder, template, 0);
    await admin.call("pushTemplate", { params: { template: template.name }, bytes });
  }
  return {
    admin,
    people: crew,
    doctorOf: async (port) => {
      const own = new Client({ url: `http://127.0.0.1:${port}`, token: session.secret, timeoutMs: doctorLimitMs });
      return await own.call("doctor", {});
    },
  };
}
