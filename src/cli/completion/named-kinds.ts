/** What the words in angle brackets of usages and options stand for, where there are names to choose from. */
const kindByWord = {
  workspace: "workspace",
  template: "template",
  "template/preset": "pool",
  "template[/preset]": "pool_or_template",
  preset: "preset",
  context: "context",
  folder: "file",
  file: "file",
} as const;

export type NamedKind = (typeof kindByWord)[keyof typeof kindByWord];

export function kindOfWord(word: string): NamedKind | undefined {
  return Object.hasOwn(kindByWord, word) ? kindByWord[word as keyof typeof kindByWord] : undefined;
}
