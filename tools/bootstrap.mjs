// `npm start`, `npm test`, and `npm run` of bench, chaos and mutations in a checkout in which nothing was ever installed.
// This file must load in any Node that knows modules, to tell an old one what is missing: hence its plain syntax, and
// everything else behind the import below.
import { readFileSync } from "fs";
import { dirname, join } from "path";
import { fileURLToPath } from "url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const engine = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node;
const wanted = engine.replace(">=", "");

function isOlder(version, than) {
  const have = version.split(".").map(Number);
  const need = than.split(".").map(Number);
  return have[0] < need[0] || (have[0] === need[0] && have[1] < need[1]);
}

if (isOlder(process.versions.node, wanted)) {
  console.error(
    `prewarm: this is Node ${process.versions.node}, and Node ${wanted} or newer is needed.\n` +
      "The server and its dependencies use what older versions do not have, and would fail later and less clearly.\n" +
      `Install a current Node (https://nodejs.org, or \`nvm install ${wanted.split(".")[0]}\`) and run the same command again.`,
  );
  process.exit(1);
} else {
  import("./bootstrap/commands.mjs")
    .then((commands) => commands.run(process.argv[2], process.argv.slice(3)))
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
}
