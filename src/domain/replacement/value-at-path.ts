import type { PathStep } from "./planned-change.ts";

/** `root_block_device.0.volume_size` (conformance 165). */
export function renderPath(steps: readonly PathStep[]): string {
  return steps.join(".");
}

/** The value below `value` at the path; undefined where there is none. */
export function valueAt(value: unknown, steps: readonly PathStep[]): unknown {
  let current = value;
  for (const step of steps) current = childOf(current, step);
  return current;
}

function childOf(value: unknown, step: PathStep): unknown {
  if (Array.isArray(value)) return value[Number(step)];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  // Asked for by a name that it has.
  return (value as Readonly<Record<PathStep, unknown>>)[step];
}

/**
 * Whether a mask covers the path. A mask is `true`, or has the value's shape with `true` in it. A value is covered
 * by a mark on itself, on what it is part of, and on any part of it: shown whole, a parent would show its part.
 */
export function isMarked(mask: unknown, steps: readonly PathStep[]): boolean {
  let current = mask;
  for (const step of steps) {
    if (current === true) return true;
    current = childOf(current, step);
  }
  return holdsMark(current);
}

function holdsMark(mask: unknown): boolean {
  if (mask === true) return true;
  return typeof mask === "object" && mask !== null && Object.values(mask).some(holdsMark);
}

/** Structural equality of values that came from JSON. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return left.length === right.length && left.every(([key, value]) => isSameValue(value, childOf(other, key)));
}
