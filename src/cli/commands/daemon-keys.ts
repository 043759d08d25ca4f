import type { DaemonKey } from "../../contracts/api/daemon-keys.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { relativeTime } from "../output/time-text.ts";

const listKeys = defineCommand({
  usage: "list",
  summary: "list the keys of provisioner daemons",
  example: "prewarm provisioner keys list",
  read: () => undefined,
  async run(_options, { output, world, connect }) {
    const answer = await (await connect()).call("listDaemonKeys", {});
    const now = world.clock.now();
    output.result(answer, () =>
      answer.keys.length === 0
        ? "No keys. The server's own daemon needs none."
        : output.table<DaemonKey>(answer.keys, [
            { title: "ID", cell: ({ id }) => id },
            { title: "NAME", cell: ({ name }) => name },
            { title: "DAEMON", cell: ({ daemon }) => daemon ?? "the first that uses it" },
            { title: "CREATED", cell: ({ createdAt }) => relativeTime(createdAt, now) },
          ]),
    );
    return exitCodes.done;
  },
});

const createKey = defineCommand<{ readonly name: string; readonly daemon?: string }>({
  usage: "create <name>",
  summary: "create a key with which one daemon signs in; its secret is shown this once",
  options: [{ flags: "--daemon <name>", about: "the daemon that it is for; the first that uses it unless said" }],
  notes: "Only the secret goes to standard output. Give it to the daemon as PREWARM_PROVISIONER_KEY.",
  example: "prewarm provisioner keys create rack-2 > key-file",
  read: (input) => {
    const daemon = input.text("daemon");
    return { name: input.operand(0), ...(daemon === undefined ? {} : { daemon }) };
  },
  async run(body, { output, connect }) {
    const answer = await (await connect()).call("createDaemonKey", { body });
    output.progress(`Key ${answer.key.id} is created.`);
    output.result(answer, () => answer.secret);
    return exitCodes.done;
  },
});

const revokeKey = defineCommand<{ readonly keyId: string }>({
  usage: "revoke <id>",
  summary: "revoke a key: its daemons get no more jobs",
  example: "prewarm provisioner keys revoke 0c2b4d0e-8a59-4c39-9d31-6f3f1f5a0b11",
  read: (input) => ({ keyId: input.operand(0) }),
  async run(params, { output, connect }) {
    await (await connect()).call("revokeDaemonKey", { params });
    output.result({ revoked: params.keyId }, () => `${params.keyId} is revoked.`);
    return exitCodes.done;
  },
});

export const daemonKeyCommands: readonly CliCommand[] = [listKeys, createKey, revokeKey];
