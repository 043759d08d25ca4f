// A workspace that is claimed, renamed while it runs, stopped by a hook that fails, and compared with what was pushed.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WholeServer } from "../support/whole-server.ts";

const testLimitMs = 180_000;
const system = new WholeServer({});

beforeAll(async () => {
  await system.start();
}, testLimitMs);
afterAll(async () => system.close(), testLimitMs);

const template = `
driver: process
presets: [ { name: one, prebuilds: { instances: 1 } } ]
agents:
  - name: main
    hooks:
      claim: { run: "echo claimed >> claims" }
      stop: { run: "echo $PREWARM_WORKSPACE_NAME is not put away; exit 3" }
`;

test(
  "what runs goes on under the new name, and the stop says what its hook could not do",
  async () => {
    expect((await system.push("names", { "template.yaml": template })).exitCode).toBe(0);
    await system.must("create dev --template names --mode wait");
    const script = 'echo "$PREWARM_WORKSPACE_NAME"; cat claims';
    expect(await system.must(["exec", "dev", "--", "sh", "-c", script])).toBe("dev\nclaimed\n");
    expect(await system.must("rename dev payments")).toBe("dev is called payments now.\n");
    // The agent is told by news, which no command waits for.
    let said = "";
    for (let attempt = 0; attempt < 100 && !said.startsWith("payments"); attempt += 1) {
      said = await system.must(["exec", "payments", "--", "sh", "-c", script]);
    }
    expect(said).toBe("payments\nclaimed\n");
    expect((await system.run("show dev")).output).toContain("[not_found]");
    const stopped = await system.must("stop payments");
    expect(stopped).toContain(
      "payments: The stop hook failed: it exited with 3. Its last line: payments is not put away",
    );
    expect(stopped).toMatch(/payments: stopped after /);
    expect(await system.must("show payments")).toContain("payments is not put away");
    await system.must("start payments");
    expect(await system.must("show payments")).not.toContain("put away");
  },
  testLimitMs,
);

test(
  "what was pushed is fetched, compared and checked",
  async () => {
    const folder = path.join(system.folder, "fetched");
    expect(await system.must(["templates", "pull", "names", folder])).toContain(`names version 1 is in ${folder}.`);
    const file = path.join(folder, "template.yaml");
    expect(readFileSync(file, "utf8")).toBe(template);
    expect((await system.run(["templates", "diff", "names", folder])).exitCode).toBe(0);
    writeFileSync(file, template.replace("exit 3", "exit 4"));
    const different = await system.run(["templates", "diff", "names", folder]);
    expect(different.exitCode).toBe(1);
    expect(different.output).toContain("exit 4");
    expect((await system.run(["templates", "validate", folder])).exitCode).toBe(0);
    writeFileSync(file, "driver: none\n");
    expect((await system.run(["templates", "validate", folder])).output).toContain("template.yaml:1:");
  },
  testLimitMs,
);

test.runIf(existsSync("/proc/self"))("a folder that cannot be made is refused, and not tried for ever", async () => {
  const refused = await system.run("templates init /proc/none/deeper");
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.output).toContain("[conflict]");
});
