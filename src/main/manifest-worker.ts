// The thread that reads one template.yaml (`open-manifest-reader.ts`): the text and the depth are its data, the answer its only message.
import { parentPort, workerData } from "node:worker_threads";
import { type ReadingDepth, readTemplateText } from "../app/templates/manifest-reader.ts";

// From the program that has started this thread.
const { text, depth } = workerData as { readonly text: string; readonly depth: ReadingDepth };
parentPort?.postMessage(readTemplateText(text, depth));
