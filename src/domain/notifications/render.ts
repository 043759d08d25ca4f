import { visibleLine, visibleText } from "../../contracts/visible-text.ts";
import type { NotificationText } from "./catalogue.ts";

export interface Mail {
  readonly subject: string;
  readonly plain: string;
  readonly html: string;
}

/** Where the text leads: the deployment itself, and the settings of its mails. */
interface Around {
  readonly accessUrl: string;
}

const subjectLengthMax = 200;
const digestSubjectKindsMax = 3;

/** One line, as a subject must be: what is in it comes from templates and names. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const line = visibleLine(text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim());
  return line.length > subjectLengthMax ? `${line.slice(0, subjectLengthMax - 1)}…` : line;
}

/** What it tells of was named by whoever wrote a template, or runs in a workspace. */
function visible(text: NotificationText): NotificationText {
  return {
    subject: visibleLine(text.subject),
    what: visibleText(text.what),
    why: visibleText(text.why),
    facts: text.facts.map(([name, value]) => [visibleLine(name), visibleText(value)]),
    next: visibleText(text.next),
    command: text.command === null ? null : visibleLine(text.command),
  };
}

export function renderPlain(notification: NotificationText): string {
  const text = visible(notification);
  const lines = [text.what, "", `Why: ${text.why}`];
  if (text.facts.length > 0) lines.push("", ...text.facts.map(([name, value]) => `  ${name}: ${value}`));
  lines.push("", `What to do: ${text.next}`);
  if (text.command !== null) lines.push("", `  ${text.command}`);
  return lines.join("\n");
}

function renderHtml(notification: NotificationText): string {
  const text = visible(notification);
  const facts = text.facts.map(([name, value]) => `<li>${escapeHtml(name)}: ${escapeHtml(value)}</li>`).join("");
  return [
    `<p>${escapeHtml(text.what)}</p>`,
    `<p><b>Why:</b> ${escapeHtml(text.why)}</p>`,
    facts === "" ? "" : `<ul>${facts}</ul>`,
    `<p><b>What to do:</b> ${escapeHtml(text.next)}</p>`,
    text.command === null ? "" : `<pre>${escapeHtml(text.command)}</pre>`,
  ].join("");
}

/** The mail of one notification. */
export function renderMail(text: NotificationText, around: Around): Mail {
  return {
    subject: oneLine(text.subject),
    plain: `${renderPlain(text)}\n\n${plainFooter(around)}`,
    html: page(renderHtml(text), around),
  };
}

export interface DigestEntry {
  readonly at: string;
  readonly text: NotificationText;
}

/** The mail of several. `more`: how many others there were, which only the inbox has. */
export function renderDigest(entries: readonly DigestEntry[], around: Around & { readonly more: number }): Mail {
  const count = entries.length + around.more;
  const [first] = entries;
  const rest = around.more === 0 ? [] : [`And ${around.more} more, in the inbox: prewarm notifications list`];
  const subjects = entries.slice(0, digestSubjectKindsMax).map((entry) => entry.text.subject);
  return {
    subject: oneLine(
      count === 1 && first !== undefined ? first.text.subject : `${count} notifications: ${subjects.join("; ")}`,
    ),
    plain: [
      ...entries.map((entry) => `${oneLine(entry.text.subject)}\n${entry.at}\n\n${renderPlain(entry.text)}`),
      ...rest,
      plainFooter(around),
    ].join("\n\n----\n\n"),
    html: page(
      [
        ...entries.map(
          ({ at, text }) =>
            `<h2>${escapeHtml(oneLine(text.subject))}</h2><p><small>${escapeHtml(at)}</small></p>${renderHtml(text)}`,
        ),
        ...rest.map((line) => `<p>${escapeHtml(line)}</p>`),
      ].join("<hr>"),
      around,
    ),
  };
}

function plainFooter({ accessUrl }: Around): string {
  return `Prewarm: ${accessUrl}\nWhich mails you get: prewarm notifications preferences list`;
}

function page(body: string, { accessUrl }: Around): string {
  const url = escapeHtml(accessUrl);
  const footer = `<hr><p><small><a href="${url}">${url}</a> · which mails you get: <code>prewarm notifications preferences list</code></small></p>`;
  return `<!doctype html><html><head><meta charset="utf-8"></head><body>${body}${footer}</body></html>`;
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe as text and inside of quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? "");
}
