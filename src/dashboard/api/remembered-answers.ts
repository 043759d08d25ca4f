/** So many answers are kept; the one that was asked for longest ago goes first. */
const answersMax = 200;

interface Remembered {
  /** As the server named it. */
  readonly etag: string;
  readonly answer: unknown;
}

const answers = new Map<string, Remembered>();

/** What a GET was answered last, so that the server need not say it again. In memory alone: nothing of it is on a disk, and signing out loads the page anew. */
export function rememberedAnswer(url: string): Remembered | undefined {
  const known = answers.get(url);
  if (known === undefined) return undefined;
  answers.delete(url);
  answers.set(url, known);
  return known;
}

/** Keeps what the server gave a name to. */
export function rememberAnswer(url: string, response: Response, answer: unknown): void {
  const etag = response.headers.get("etag");
  if (etag === null) return;
  answers.set(url, { etag, answer });
  for (const oldest of answers.keys()) {
    if (answers.size <= answersMax) return;
    answers.delete(oldest);
  }
}
