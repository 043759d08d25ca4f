/**
 * Why a text cannot be stored, as the end of a sentence, or null: PostgreSQL has no character 0, and half of a surrogate
 * pair is no character of any encoding. Each costs one native pass.
 */
export function textFault(text: string): string | null {
  if (text.includes("\0")) return "it holds the character U+0000";
  return text.isWellFormed() ? null : "it holds half of a surrogate pair, which is no character";
}

/** The same text, able to be stored: what cannot be is U+FFFD, the character that stands for one. */
export function storableText(text: string): string {
  return textFault(text) === null ? text : text.toWellFormed().replaceAll("\0", "\uFFFD");
}
