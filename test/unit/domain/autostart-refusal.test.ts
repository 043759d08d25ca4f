import { describe, expect, test } from "vitest";
import { lifecyclePolicyDefault } from "../../../src/contracts/lifecycle.ts";
import { autostartRefusal } from "../../../src/domain/lifecycle/deadline.ts";

describe("an autostart is refused when", () => {
  test.each([
    ["it never comes", "0 9 30 2 *", "no month"],
    ["it never comes in any of its months", "0 9 31 2,4,6 * UTC", "no month"],
    ["it names its zone as other programs do", "CRON_TZ=Europe/Berlin 30 9 * * 1-5", "CRON_TZ="],
    ["it sets another variable", "TZ=UTC 30 9 * * *", "TZ="],
    ["its zone is unknown", "30 9 * * * Mars/Olympus", 'time zone "Mars/Olympus" is unknown'],
  ])("%s", (_, schedule, reason) => {
    expect(autostartRefusal(schedule, lifecyclePolicyDefault)).toContain(reason);
  });

  test("the template allows none of its days", () => {
    const refusal = (schedule: string) =>
      autostartRefusal(schedule, { ...lifecyclePolicyDefault, autostartDays: ["mon", "tue"] });
    expect(refusal("0 9 * * 0,6")).toContain("mon, tue only");
    expect(refusal("0 9 * * 1-5")).toBeNull();
    expect(refusal("0 9 1 * *")).toBeNull();
  });
});

test("an autostart on 29 February is accepted", () => {
  expect(autostartRefusal("0 9 29 2 *", lifecyclePolicyDefault)).toBeNull();
});
