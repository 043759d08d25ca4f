import type { AuditFilter, AuditNarrowing } from "../../src/db/audit/audit-pages.ts";

/** A filter that asks for nothing but what narrows it. */
export function filterBy(narrowing: AuditNarrowing, more: Partial<AuditFilter> = {}): AuditFilter {
  return {
    narrowing,
    before: { at: new Date("9999-12-31T23:59:59.999Z"), id: 0 },
    from: { at: new Date(0), id: 0 },
    action: null,
    actorId: null,
    kinds: null,
    name: null,
    organizationId: null,
    ownerId: null,
    visibleTo: null,
    administers: [],
    limit: 50,
    lookedMax: 10_000,
    ...more,
  };
}
