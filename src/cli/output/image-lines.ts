import type { PoolImage } from "../../contracts/api/ides.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

/** What the prebuilds of a pool lack for people and their editors; nothing while none has told. */
export function imageLines(images: readonly PoolImage[], { paint }: Output): readonly string[] {
  return images.flatMap(({ agent, sessions, ides }) => {
    const lacks = new Map<string, string[]>();
    const note = (who: string, findings: PoolImage["sessions"], severity: "error" | "warning"): void => {
      for (const { message, next, severity: is } of findings) {
        if (is !== severity) continue;
        const text = [message, next ?? ""].map(printable).join(" ").trimEnd();
        lacks.set(text, [...(lacks.get(text) ?? []), who]);
      }
    };
    note("sessions", sessions, "warning");
    for (const { displayName, findings } of ides) note(printable(displayName), findings, "error");
    const fine = ides.filter(({ findings }) => findings.every(({ severity }) => severity !== "error"));
    return [
      "",
      paint.bold(`Editors, by what agent ${printable(agent)} of a prebuild saw`),
      ...(fine.length === 0
        ? []
        : [`All is there for ${fine.map(({ displayName }) => printable(displayName)).join(", ")}.`]),
      ...[...lacks].map(([text, whose]) => `${whose.join(", ")}: ${text}`),
    ];
  });
}
