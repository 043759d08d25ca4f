import { describe, expect, it } from "vitest";
import { readServerUrl } from "../../../src/cli/server-url.ts";

describe("the address of a server", () => {
  it.each([
    ["http://127.0.0.1:7080", "http://127.0.0.1:7080"],
    ["https://prewarm.example.org/", "https://prewarm.example.org"],
    ["https://example.org/prewarm/", "https://example.org/prewarm"],
    ["localhost:7080/prewarm?x=1#y", "http://localhost:7080/prewarm"],
    ["localhost:7080", "http://localhost:7080"],
    ["127.0.0.1:7080", "http://127.0.0.1:7080"],
    ["[::1]:7080", "http://[::1]:7080"],
    ["prewarm.example.org", "https://prewarm.example.org"],
  ])("%s is %s", (text, url) => {
    expect(readServerUrl(text)).toBe(url);
  });

  it.each(["ftp://example.org", "http://user:secret@example.org", "http://", "a b", ""])("is not %j", (text) => {
    expect(readServerUrl(text)).toBeUndefined();
  });
});
