// What every element of the page is made with (`tools/build/dashboard.mjs`), in place of React's own.
import { Fragment, jsx as reactJsx, jsxs as reactJsxs } from "react/jsx-runtime";
import type { ElementType, Key, ReactElement } from "react";
import { isVisible, visibleText } from "../../contracts/visible-text.ts";

/** Attributes that are read, or read out. */
const readAttributes = ["title", "aria-label", "alt", "placeholder"] as const;

type Props = Readonly<Record<string, unknown>>;

/**
 * Names, messages and descriptions come from people and programs. What would turn the direction of the text around them,
 * or cannot be seen, is written out wherever it is drawn, so that no page has to think of it. The values of fields stay
 * as they are: they are sent back. A component that returns a bare text is not seen here: it returns an element.
 */
export const jsx = (type: ElementType, props: Props, key?: Key): ReactElement =>
  reactJsx(type, visibleProps(props), key);

export const jsxs = (type: ElementType, props: Props, key?: Key): ReactElement =>
  reactJsxs(type, visibleProps(props), key);

/** As the development server names it. */
export const jsxDEV = (type: ElementType, props: Props, key?: Key): ReactElement => jsx(type, props, key);

export { Fragment };

function visibleProps(props: Props): Props {
  const changes: Record<string, unknown> = {};
  const children = visibleChildren(props["children"]);
  if (children !== props["children"]) changes["children"] = children;
  for (const name of readAttributes) {
    const text = props[name];
    if (typeof text === "string" && !isVisible(text)) changes[name] = visibleText(text);
  }
  return Object.keys(changes).length === 0 ? props : { ...props, ...changes };
}

function visibleChildren(children: unknown): unknown {
  if (typeof children === "string") return isVisible(children) ? children : visibleText(children);
  if (!Array.isArray(children)) return children;
  const seen = children.map(visibleChildren);
  return seen.every((child, place) => child === children[place]) ? children : seen;
}
