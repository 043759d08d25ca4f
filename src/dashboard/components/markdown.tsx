import type { ReactNode } from "react";
import { blocksOf, type Inline, inlinesOf, type MarkdownBlock } from "./markdown-blocks.ts";

/** Markdown as elements. What is HTML in it is shown as the text that it is; pictures are named, never fetched. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="grid max-w-prose gap-3 wrap-anywhere">
      {blocksOf(text).map((block, place) => (
        <Block key={place} block={block} />
      ))}
    </div>
  );
}

/** Its first line, for a place in which there is room for no more: a choice, a row. */
export function MarkdownLine({ text }: { readonly text: string }) {
  return <Inlines text={text.trim().split("\n")[0] ?? ""} />;
}

const headingLooks = ["text-lg font-semibold", "text-base font-semibold", "font-semibold"] as const;

function Block({ block }: { readonly block: MarkdownBlock }): ReactNode {
  switch (block.kind) {
    case "heading": {
      const look = headingLooks[Math.min(block.level, 3) - 1] ?? headingLooks[2];
      // The page has its `h1`, and a card its `h2`.
      return (
        <h3 className={look}>
          <Inlines text={block.text} />
        </h3>
      );
    }
    case "code":
      return (
        <pre
          tabIndex={0}
          aria-label="Example"
          className="overflow-x-auto rounded-md border border-line bg-raised p-3 font-mono text-xs"
        >
          {block.text}
        </pre>
      );
    case "list": {
      const List = block.isOrdered ? "ol" : "ul";
      return (
        <List className={`${block.isOrdered ? "list-decimal" : "list-disc"} pl-5`}>
          {block.items.map((item, place) => (
            <li key={place}>
              <Inlines text={item} />
            </li>
          ))}
        </List>
      );
    }
    case "quote":
      return (
        <blockquote className="border-l-2 border-line-strong pl-3 text-muted">
          <Inlines text={block.text} />
        </blockquote>
      );
    case "rule":
      return <hr className="border-line" />;
    case "paragraph":
      return (
        <p>
          <Inlines text={block.text} />
        </p>
      );
  }
}

function Inlines({ text }: { readonly text: string }): ReactNode {
  return inlinesOf(text).map((inline, place) => <Piece key={`${place} ${inline.kind}`} inline={inline} />);
}

function Piece({ inline }: { readonly inline: Inline }): ReactNode {
  switch (inline.kind) {
    case "code":
      return <code className="rounded bg-hover px-1">{inline.text}</code>;
    case "strong":
      return <strong>{inline.text}</strong>;
    case "emphasis":
      return <em>{inline.text}</em>;
    case "link":
      return (
        <a
          href={inline.to}
          rel="noreferrer noopener"
          target="_blank"
          className="text-accent-text underline underline-offset-2"
        >
          {inline.text}
        </a>
      );
    case "text":
      return <>{inline.text}</>;
  }
}
