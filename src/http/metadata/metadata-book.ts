import type { KeptMetadata } from "../../app/agents/shown-agent-metadata.ts";
import {
  type AgentMetadataValue,
  metadataAgentsMax,
  metadataCharactersMax,
  metadataPokeIntervalMs,
} from "../../contracts/agent-metadata.ts";
import type { AgentId } from "../../contracts/ids.ts";
import { PokePace } from "../live/poke-pace.ts";

interface Kept {
  readonly connectionId: string;
  /** Null: there was no room for it. */
  readonly told: KeptMetadata | null;
  readonly characters: number;
  readonly pace: PokePace;
  /** Whether somebody has read what is kept: only then is the next change worth telling. */
  isRead: boolean;
}

interface BookLimits {
  readonly agents: number;
  readonly characters: number;
  readonly pokeIntervalMs: number;
}

const usualLimits: BookLimits = {
  agents: metadataAgentsMax,
  characters: metadataCharactersMax,
  pokeIntervalMs: metadataPokeIntervalMs,
};

/**
 * What the agents of this server told last of their metadata, in memory alone, each as long as its connection lasts.
 * A change is told to those who have read what was before, and to nobody else: who watches reads again and is told again,
 * and what nobody looks at makes no news.
 */
export class MetadataBook {
  readonly #limits: BookLimits;
  readonly #kept = new Map<AgentId, Kept>();
  #characters = 0;

  constructor(limits: BookLimits = usualLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.size;
  }

  get characters(): number {
    return this.#characters;
  }

  /** Keeps what an agent told in the place of what it told before. @param publish tells whoever watches to look again. */
  take(agentId: AgentId, told: KeptMetadata & { readonly connectionId: string }, publish: () => void): void {
    const { connectionId, ...rest } = told;
    const before = this.#kept.get(agentId);
    const same = before?.connectionId === connectionId ? before : undefined;
    if (before !== undefined && same === undefined) this.forget(agentId, before.connectionId);
    if (same === undefined && this.#kept.size >= this.#limits.agents) return;
    const characters = charactersOf(rest.values);
    const isKept = this.#characters - (same?.characters ?? 0) + characters <= this.#limits.characters;
    const kept: Kept = {
      connectionId,
      told: isKept ? rest : null,
      characters: isKept ? characters : 0,
      pace: same?.pace ?? new PokePace(publish, this.#limits.pokeIntervalMs),
      isRead: false,
    };
    this.#characters += kept.characters - (same?.characters ?? 0);
    this.#kept.set(agentId, kept);
    // The first of a connection is told as well: somebody may have looked at the agent without it.
    if (same === undefined || same.isRead) kept.pace.hear();
  }

  /** A connection has ended, and what it told with it. */
  forget(agentId: AgentId, connectionId: string): void {
    const kept = this.#kept.get(agentId);
    if (kept?.connectionId !== connectionId) return;
    kept.pace.stop();
    this.#characters -= kept.characters;
    this.#kept.delete(agentId);
  }

  /** The last that an agent told; `left_out` when there was no room for it; `untold` when it told nothing. */
  read(agentId: AgentId): KeptMetadata | "left_out" | "untold" {
    const kept = this.#kept.get(agentId);
    if (kept !== undefined) kept.isRead = true;
    if (kept !== undefined) return kept.told ?? "left_out";
    return this.#kept.size >= this.#limits.agents ? "left_out" : "untold";
  }
}

function charactersOf(values: readonly AgentMetadataValue[]): number {
  return values.reduce(
    (sum, { key, name, value, error }) => sum + key.length + name.length + value.length + error.length,
    0,
  );
}
