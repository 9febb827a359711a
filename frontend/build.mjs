// src/ + the packages of package-lock.json -> the script, the style sheet and the licences of the page.
// node build.mjs FOLDER
import { build } from "esbuild";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node build.mjs FOLDER");
const done = await build({
  entryPoints: { report: "src/main.js" },
  bundle: true,
  minify: true,
  charset: "utf8",
  format: "iife",
  target: ["es2021"],
  legalComments: "none", // they are in LICENSES.txt
  outdir: folder,
  metafile: true,
});

const packages = new Set();
for (const input of Object.keys(done.metafile.inputs)) {
  const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
  if (found) packages.add(found[1]);
}
const parts = ["The page is built with these packages, all under the MIT licence.\n"];
for (const name of [...packages].sort()) {
  const about = JSON.parse(await readFile(join("node_modules", name, "package.json"), "utf8"));
  if (about.license !== "MIT") throw new Error(`${name}: ${about.license} is not MIT`);
  const text = await readFile(join("node_modules", name, "LICENSE"), "utf8");
  parts.push(`${name} ${about.version}\n\n${text.trim()}\n`);
}
await writeFile(join(folder, "LICENSES.txt"), parts.join(`\n${"-".repeat(70)}\n\n`));
