import type { IdeFamily } from "../../contracts/ides.ts";
import type { ImageFacts } from "../../contracts/image-facts.ts";
import { ideNeeds, type Need, sessionNeeds } from "./ide-needs.ts";

export interface ImageFinding {
  readonly check: string;
  /** `error`: it does not work; `warning`: it works, and something is missing. */
  readonly severity: "ok" | "warning" | "error";
  readonly message: string;
  readonly next: string | null;
}

/** What a family of editors finds in an image and what it misses. */
export function judgeForIde(facts: ImageFacts, family: IdeFamily): readonly ImageFinding[] {
  return judge(facts, ideNeeds[family]);
}

/** The same of sessions without an editor. */
export function judgeForSessions(facts: ImageFacts): readonly ImageFinding[] {
  return judge(facts, sessionNeeds);
}

function judge(facts: ImageFacts, needs: readonly Need[]): readonly ImageFinding[] {
  return needs.map(({ check, met, lack, isHint = false }) => {
    const found = lack(facts);
    if (found === null) return { check, severity: "ok", message: met(facts), next: null };
    return { check, severity: isHint ? "warning" : "error", ...found };
  });
}
