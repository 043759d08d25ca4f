export interface Touch {
  readonly atMs: number;
  readonly how: string;
}

/** Workspaces whose agents or files chaos itself has harmed: of these the system may think what it likes. */
export class Touched {
  readonly #byWorkspace = new Map<string, Touch[]>();

  add(workspaceId: string, touch: Touch): void {
    this.#byWorkspace.set(workspaceId, [...(this.#byWorkspace.get(workspaceId) ?? []), touch]);
  }

  of(workspaceId: string): readonly Touch[] {
    return this.#byWorkspace.get(workspaceId) ?? [];
  }
}
