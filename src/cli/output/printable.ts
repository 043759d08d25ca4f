// Escape sequences (CSI, OSC with either end, and two-byte ones) and every other control character but the tab.
const unsafe =
  // oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b.?|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/**
 * One line of text from elsewhere, without what would steer the terminal: a build log is written by whoever
 * wrote the template, and is read by administrators.
 */
export function printable(text: string): string {
  return text.replaceAll(unsafe, "");
}
