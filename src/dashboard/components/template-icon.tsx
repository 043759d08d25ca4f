import {
  Box,
  Cloud,
  Code,
  Cpu,
  Database,
  Folder,
  GitBranch,
  Globe,
  HardDrive,
  Image,
  Key,
  type LucideIcon,
  MemoryStick,
  Monitor,
  Network,
  Server,
  Terminal,
  User,
} from "lucide-react";
import { type Glyph, iconLook } from "./icon-words.ts";

const drawn: Readonly<Record<Glyph, LucideIcon>> = {
  box: Box,
  cloud: Cloud,
  code: Code,
  cpu: Cpu,
  database: Database,
  disk: HardDrive,
  folder: Folder,
  git: GitBranch,
  globe: Globe,
  image: Image,
  key: Key,
  memory: MemoryStick,
  monitor: Monitor,
  network: Network,
  server: Server,
  terminal: Terminal,
  user: User,
};

const tile = "mr-1.5 inline-flex size-5 shrink-0 items-center justify-center align-[-0.2em]";

/**
 * The icon of a parameter, an option or a preset, for those who see it: what it stands beside says the same. Its letter is
 * no text of the page, so that it is part of no label.
 */
export function TemplateIcon({ icon }: { readonly icon: string | undefined }) {
  const look = iconLook(icon);
  if (look === null) return null;
  if (look.kind === "glyph") {
    const Drawn = drawn[look.glyph];
    return (
      <span aria-hidden data-icon={look.kind} className={tile}>
        <Drawn size={16} />
      </span>
    );
  }
  const [text, more] =
    look.kind === "emoji"
      ? [look.text, "text-sm"]
      : [look.letter, "rounded border border-line-strong bg-raised text-xs font-semibold text-muted"];
  return (
    <span
      aria-hidden
      data-icon={look.kind}
      data-drawn={text}
      className={`${tile} ${more} before:content-[attr(data-drawn)]`}
    />
  );
}
