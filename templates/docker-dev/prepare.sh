#!/bin/sh
# Run once for the home's volume, before the workspace is ready: what is done here nobody has to wait for.
set -eu
git init --quiet
cat >package.json <<'JSON'
{ "name": "project", "private": true, "type": "module", "scripts": { "start": "node main.js" } }
JSON
cat >main.js <<'JS'
import { createServer } from "node:http";
createServer((_, answer) => answer.end("hello from your workspace\n")).listen(3000, () => console.log("on port 3000"));
JS
echo "the project is prepared"
