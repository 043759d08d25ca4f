const letters = "bcdfghjkmnpqrstvwxz23456789";
const lettersCount = 4;

/** `node-k4xz`: of the template, and hardly ever taken. */
export function madeUpName(template: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(lettersCount));
  const end = Array.from(bytes, (byte) => letters[byte % letters.length]).join("");
  return `${template.slice(0, 20).replace(/-+$/, "")}-${end}`;
}
