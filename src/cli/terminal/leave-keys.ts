const tilde = 0x7e;
const dot = 0x2e;
const isLineEnd = (byte: number): boolean => byte === 0x0d || byte === 0x0a;

/** Finds, in what is typed, how somebody leaves: Enter, `~`, `.` one after the other, as with ssh. `~~` is one `~`. */
export class LeaveKeys {
  #isAtBegin = true;
  #isTildeHeld = false;

  /** @returns what goes on to the program, and whether he leaves after it. */
  take(typed: Buffer): { readonly passed: Buffer; readonly isLeaving: boolean } {
    const passed: number[] = [];
    for (const byte of typed) {
      if (this.#isTildeHeld) {
        this.#isTildeHeld = false;
        if (byte === dot) return { passed: Buffer.from(passed), isLeaving: true };
        this.#isAtBegin = isLineEnd(byte);
        passed.push(tilde);
        if (byte !== tilde) passed.push(byte);
      } else if (this.#isAtBegin && byte === tilde) this.#isTildeHeld = true;
      else {
        this.#isAtBegin = isLineEnd(byte);
        passed.push(byte);
      }
    }
    return { passed: Buffer.from(passed), isLeaving: false };
  }
}
