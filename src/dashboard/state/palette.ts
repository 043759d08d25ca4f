import { createStore } from "./store.ts";

/** What is open over the page: the palette, or what the keys do. */
export const overlay = createStore<"none" | "palette" | "keys">("none");
