/** What a child process does: it answers messages one after the other, and closes when its input ends. */
export interface Role {
  answer(message: unknown): Promise<unknown>;
  close(): Promise<void>;
}
