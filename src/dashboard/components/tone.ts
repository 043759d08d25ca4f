/** The five states that anything is in, as far as colour and icon go. */
export type Tone = "ok" | "busy" | "warn" | "bad" | "off";

export const toneClasses: Readonly<Record<Tone, string>> = {
  ok: "text-ok bg-ok-soft border-ok-line",
  busy: "text-busy bg-busy-soft border-busy-line",
  warn: "text-warn bg-warn-soft border-warn-line",
  bad: "text-bad bg-bad-soft border-bad-line",
  off: "text-off bg-off-soft border-off-line",
};
