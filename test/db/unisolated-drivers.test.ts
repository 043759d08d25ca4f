// Workspaces that are kept apart from nothing: who may have them, and who is warned.
import { describe, expect, it } from "vitest";
import { registerProvisioner } from "../../src/app/provisioner/lease-jobs.ts";
import { examine } from "../../src/app/system/doctor.ts";
import type { UnisolatedDriver } from "../../src/contracts/provisioner-protocol.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { codeOf, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { publishTemplate } from "../support/templates.ts";

const reason = "it does not run as root";
const said = [{ driver: "process", reason }];

async function daemon(fx: Fixture, unisolated: readonly UnisolatedDriver[] | null = said): Promise<void> {
  await registerProvisioner(
    fx.context,
    { kind: "external", keyId: null },
    {
      name: "one",
      incarnation: systemRandom.uuid(),
      drivers: ["process"],
      tags: {},
      concurrency: 1,
      version: "test",
      ...(unisolated === null ? {} : { unisolated: [...unisolated] }),
    },
  );
}

async function strict(): Promise<Fixture> {
  const fx = await testFixture({ isUnisolatedAllowed: false });
  await publishTemplate(fx, { presets: {}, driver: "process" });
  return fx;
}

const isolation = async (fx: Fixture) =>
  (await examine(fx.context, fx.admin, () => [])).findings.filter(({ check }) => check === "isolation");
const warnings = (fx: Fixture): number =>
  fx.logger.entries.filter(({ level, message }) => level === "warn" && message.includes("several people share")).length;

describe("a workspace that would be kept apart from nothing", () => {
  it("is for administrators, and refused to everybody else with what to do about it", async () => {
    const fx = await strict();
    await daemon(fx);
    await create(fx, { by: fx.admin });
    const refused = create(fx, { by: fx.alice });
    await expect(refused).rejects.toMatchObject({
      code: "driver_not_isolated",
      message: expect.stringContaining(reason),
      next: expect.stringMatching(/as root.*provisioner\.allow_unisolated/),
    });
    expect(await codeOf(create(fx, { by: fx.admin, owner: "alice" })), "also by an administrator").toBe(
      "driver_not_isolated",
    );
  });

  it("is anybody's where the option says so, where the daemon keeps it apart, and where none could make it", async () => {
    const allowing = await testFixture({ isUnisolatedAllowed: true });
    await publishTemplate(allowing, { presets: {}, driver: "process" });
    await daemon(allowing);
    await create(allowing, { by: allowing.alice });
    const fx = await strict();
    await create(fx, { by: fx.alice, name: "before-any-daemon" });
    await daemon(fx, []);
    await create(fx, { by: fx.alice, name: "apart" });
  });

  it("is refused also where a daemon of the release before would make it, which does not say", async () => {
    const fx = await strict();
    await daemon(fx, null);
    expect(await codeOf(create(fx, { by: fx.alice }))).toBe("driver_not_isolated");
  });
});

describe("a driver that keeps nothing apart", () => {
  it("is no fault while one person alone may use it", async () => {
    const fx = await strict();
    await daemon(fx);
    expect(await isolation(fx)).toMatchObject([{ severity: "ok", message: expect.stringContaining(reason) }]);
    expect(warnings(fx)).toBe(0);
  });

  it("is warned of, by doctor and at each start, once several may", async () => {
    const fx = await testFixture({ isUnisolatedAllowed: true });
    await daemon(fx);
    expect(await isolation(fx)).toMatchObject([
      { severity: "warning", next: expect.stringContaining("provisioner.process_accounts") },
    ]);
    expect(warnings(fx)).toBe(1);
    const two = await strict();
    await two.rows("update users set role = 'administrator' where username = 'alice'");
    await daemon(two);
    expect(await isolation(two)).toMatchObject([{ severity: "warning" }]);
  });
});
