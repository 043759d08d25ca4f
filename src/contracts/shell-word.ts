const plainWord = /^[\w@%+=:,./-]+$/;

/** Text as one word of a POSIX shell's command line; as it is where nothing in it means anything to the shell. */
export function shellWord(text: string): string {
  return plainWord.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
