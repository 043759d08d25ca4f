/** Header of every answer: the release, and what the dashboard was built from, so that a page knows when it is old. */
export const serverVersionHeader = "x-prewarm-version";
