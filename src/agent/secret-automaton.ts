/**
 * Finds many texts in a stream of bytes at once (Aho and Corasick): one step for each byte, however many texts there are.
 * Nodes are numbers, and 0 the beginning; what is known of each is in arrays, as an object for each would cost an idle
 * workspace memory. The children of a node are a list, of 256 at most.
 */
export class SecretAutomaton {
  readonly #byte: Uint8Array;
  readonly #firstChild: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  readonly #depth: Int32Array;
  /** How long the longest text is that ends here; 0 where none does. */
  readonly #longest: Int32Array;
  #nodes = 1;

  constructor(texts: ReadonlySet<string>) {
    const patterns = [...texts].map((text) => Buffer.from(text));
    const most = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
    this.#byte = new Uint8Array(most);
    const numbers = (): Int32Array => new Int32Array(most);
    [this.#firstChild, this.#sibling, this.#fail] = [numbers(), numbers(), numbers()];
    [this.#depth, this.#longest] = [numbers(), numbers()];
    for (const pattern of patterns) this.#insert(pattern);
    this.#link();
  }

  /** Where a byte leads from here. */
  next(from: number, byte: number): number {
    for (let node = from; ; node = this.#fail[node] ?? 0) {
      const child = this.#child(node, byte);
      if (child !== 0 || node === 0) return child;
    }
  }

  /** How many of the last bytes may be the beginning of a text. */
  depthOf(node: number): number {
    return this.#depth[node] ?? 0;
  }

  longestAt(node: number): number {
    return this.#longest[node] ?? 0;
  }

  #child(node: number, byte: number): number {
    let child = this.#firstChild[node] ?? 0;
    while (child !== 0 && this.#byte[child] !== byte) child = this.#sibling[child] ?? 0;
    return child;
  }

  #insert(pattern: Buffer): void {
    let node = 0;
    for (const byte of pattern) {
      const known = this.#child(node, byte);
      node = known === 0 ? this.#add(node, byte) : known;
    }
    this.#longest[node] = pattern.length;
  }

  #add(parent: number, byte: number): number {
    const node = this.#nodes;
    this.#nodes += 1;
    this.#byte[node] = byte;
    this.#depth[node] = this.depthOf(parent) + 1;
    this.#sibling[node] = this.#firstChild[parent] ?? 0;
    this.#firstChild[parent] = node;
    return node;
  }

  /** Each node fails to the longest end of its text that begins another. Level by level: it is at a lower one. */
  #link(): void {
    let level = this.#childrenOf(0);
    while (level.length > 0) {
      const deeper: number[] = [];
      for (const node of level) {
        const [fail, longest] = [this.#fail[node] ?? 0, this.longestAt(node)];
        if (longest === 0) this.#longest[node] = this.longestAt(fail);
        for (const child of this.#childrenOf(node)) {
          this.#fail[child] = this.next(fail, this.#byte[child] ?? 0);
          deeper.push(child);
        }
      }
      level = deeper;
    }
  }

  #childrenOf(node: number): number[] {
    const children: number[] = [];
    for (let child = this.#firstChild[node] ?? 0; child !== 0; child = this.#sibling[child] ?? 0) children.push(child);
    return children;
  }
}
