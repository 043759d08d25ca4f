import type { StatsOfFile } from "./fields.ts";

const kinds: Readonly<Record<number, string>> = {
  0o040000: "d",
  0o120000: "l",
  0o060000: "b",
  0o020000: "c",
  0o010000: "p",
  0o140000: "s",
};
const kindBits = 0o170000;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** A line as `ls -l` has it, which clients print. `name` is as `FieldReader.path` has it. */
export function longName(
  name: string,
  stats: StatsOfFile,
  who: { readonly user: string; readonly group: string },
): string {
  const time = new Date(stats.mtimeMs);
  const when = `${months[time.getMonth()] ?? ""} ${String(time.getDate()).padStart(2)}  ${time.getFullYear()}`;
  const people = `${latin1(who.user).padEnd(8)} ${latin1(who.group).padEnd(8)}`;
  return `${modeText(stats.mode)} ${String(stats.nlink).padStart(4)} ${people} ${String(stats.size).padStart(8)} ${when} ${name}`;
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function modeText(mode: number): string {
  const kind = kinds[mode & kindBits] ?? "-";
  const bits = [0o400, 0o200, 0o100, 0o040, 0o020, 0o010, 0o004, 0o002, 0o001].map((bit, index) =>
    (mode & bit) === 0 ? "-" : ("rwx"[index % 3] ?? ""),
  );
  const special = [
    [0o4000, 2, "s"],
    [0o2000, 5, "s"],
    [0o1000, 8, "t"],
  ] as const;
  for (const [bit, index, letter] of special) {
    if ((mode & bit) !== 0) bits[index] = bits[index] === "-" ? letter.toUpperCase() : letter;
  }
  return kind + bits.join("");
}
