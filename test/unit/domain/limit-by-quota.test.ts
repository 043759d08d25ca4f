import { expect, test } from "vitest";
import type { OrganizationId } from "../../../src/contracts/ids.ts";
import { decidePool } from "../../../src/domain/pool/decide-pool.ts";
import { limitByQuota } from "../../../src/domain/pool/limit-by-quota.ts";
import { plannedCreates } from "../../../src/domain/pool/pool-plan.ts";
import { pool, presetId } from "./pool-factory.ts";

const [one, other] = ["one", "other"] as readonly string[] as [OrganizationId, OrganizationId];

interface Priced {
  readonly instances: number;
  readonly cost: number;
  readonly organizationId?: OrganizationId;
}

function limited(pools: readonly Priced[], quotas: ReadonlyMap<OrganizationId, { used: number; allowed: number }>) {
  const plans = pools.map(({ instances }, nth) =>
    decidePool(pool({ preset: { presetId: presetId(`preset-${nth}`), instances } })),
  );
  const costs = new Map(
    pools.map(({ cost, organizationId = one }, nth) => [presetId(`preset-${nth}`), { organizationId, cost }]),
  );
  return limitByQuota(plans, { quotas, costs });
}

const creates = (pools: readonly Priced[], allowed: number, used = 0): number[] =>
  limited(pools, new Map([[one, { used, allowed }]])).map(plannedCreates);

test.each([
  { what: "all when it is enough", pools: [{ instances: 3, cost: 2 }], allowed: 6, expected: [3] },
  { what: "whole prebuilds alone", pools: [{ instances: 3, cost: 2 }], allowed: 5, expected: [2] },
  { what: "none when more than that is used", pools: [{ instances: 3, cost: 2 }], allowed: 5, used: 9, expected: [0] },
  { what: "what is free in any case", pools: [{ instances: 3, cost: 0 }], allowed: 0, used: 9, expected: [3] },
  {
    what: "each pool its first before any its second",
    pools: [
      { instances: 9, cost: 1 },
      { instances: 2, cost: 1 },
    ],
    allowed: 3,
    expected: [2, 1],
  },
  {
    what: "cheaper ones when one is too dear",
    pools: [
      { instances: 1, cost: 8 },
      { instances: 2, cost: 3 },
    ],
    allowed: 7,
    expected: [0, 2],
  },
])("a quota covers $what", ({ pools, allowed, used = 0, expected }) => {
  expect(creates(pools, allowed, used)).toEqual(expected);
});

test("one organization's quota does not hold another's pools", () => {
  const pools = [
    { instances: 2, cost: 1 },
    { instances: 2, cost: 1, organizationId: other },
  ];
  const quotas = new Map([
    [one, { used: 0, allowed: 0 }],
    [other, { used: 0, allowed: 2 }],
  ]);
  expect(limited(pools, quotas).map(plannedCreates)).toEqual([0, 2]);
});

test("what is held says how much is missing, what is used too much included", () => {
  const [plan] = limited([{ instances: 3, cost: 2 }], new Map([[one, { used: 9, allowed: 8 }]]));
  expect(plan?.held).toMatchObject([
    { reason: "quota", count: 3, detail: expect.stringMatching(/has 8, of which 9 are used: 7 too few$/) as string },
  ]);
});
