// The thread that reads one template.yaml (`open-manifest-reader.ts`): the text is its data, the answer its only message.
import { parentPort, workerData } from "node:worker_threads";
import { readTemplateText } from "../app/templates/manifest-reader.ts";

parentPort?.postMessage(readTemplateText(String(workerData)));
