// The part of the build that needs the page's own Python: compiles the packages, and renders each release's defaults.
// Usage: node prepare.mjs WORK SITE PYODIDE
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const [work, site, pyodide] = process.argv.slice(2);
const module = (file) => import(pathToFileURL(path.resolve(file)));
const { loadPyodide } = await module(path.join(pyodide, "pyodide.mjs"));
const { load, open, start } = await module(path.join(site, "python.js"));

function copyFolder(FS, from, to) {
  FS.mkdirTree(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) copyFolder(FS, source, target);
    else FS.writeFile(target, fs.readFileSync(source));
  }
}

async function compile() {
  const python = await loadPyodide();
  copyFolder(python.FS, path.join(work, "packages"), "/packages");
  python.runPython(fs.readFileSync(path.join(here, "compile.py"), "utf8"));
  python.runPython('packages("/packages", "/packages.zip"); library("/lib/python314.zip", "/library.zip")');
  fs.writeFileSync(path.join(site, "packages.zip"), python.FS.readFile("/packages.zip"));
  fs.writeFileSync(path.join(site, "pyodide/library.zip"), python.FS.readFile("/library.zip"));
  const core = path.join(work, "packages/pydantic_core");
  const [library] = fs.readdirSync(core).filter((name) => name.endsWith(".so"));
  fs.copyFileSync(path.join(core, library), path.join(site, "pydantic_core.wasm"));
  fs.copyFileSync(path.join(here, "begin.py"), path.join(site, "begin.py"));
}

async function renderDefaults() {
  const read = (name) => fs.readFileSync(path.join(site, name));
  const python = await load(loadPyodide, { stdLibURL: path.resolve(site, "pyodide/library.zip") });
  start(python, { packages: read("packages.zip"), core: read("pydantic_core.wasm"), begin: read("begin.py").toString() });
  const releases = JSON.parse(fs.readFileSync(path.join(work, "releases.json"), "utf8"));
  for (const release of releases) {
    const composer = open(python, JSON.stringify(release), read(`releases/${release.name}.zip`));
    const text = composer.render("{}");
    const result = JSON.parse(text);
    if (result.error && !result.questions.some((question) => question.error)) {
      throw new Error(`${release.url} ${release.commit}: ${result.error}`);
    }
    fs.writeFileSync(path.join(site, `releases/${release.name}.json`), JSON.stringify({ ...result, seconds: undefined }));
  }
  fs.writeFileSync(path.join(site, "releases.json"), JSON.stringify(releases));
}

try {
  await compile();
  await renderDefaults();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.exit(0); // Pyodide keeps Node running
