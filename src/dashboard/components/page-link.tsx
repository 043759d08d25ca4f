import { useRouter } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { basePath } from "../state/server-facts.ts";

interface PageLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  /** Path of a page, with its query if it has one, below the server's own. */
  readonly to: string;
}

const textLook = "text-accent-text underline decoration-accent-border underline-offset-2 hover:decoration-2";

/** A link to a page of the dashboard. */
export function PageLink({ to, onClick, className = textLook, children, ...rest }: PageLinkProps) {
  const router = useRouter();
  const go = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    const isForBrowser =
      rest.target === "_blank" ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey ||
      event.button !== 0;
    if (event.defaultPrevented || isForBrowser) return;
    event.preventDefault();
    void router.navigate({ href: `${basePath}${to}` });
  };
  return (
    <a {...rest} href={`${basePath}${to}`} className={className} onClick={go}>
      {children}
    </a>
  );
}
