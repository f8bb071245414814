// The page's Python. A worker keeps the page responsive while Python works.
import { loadPyodide } from "./pyodide/pyodide.mjs";
import { open, start } from "./python.js";

async function get(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status})`);
  return response;
}
const bytes = async (name) => new Uint8Array(await (await get(name)).arrayBuffer());
const text = async (name) => (await get(name)).text();
const tell = (progress) => self.postMessage({ progress });

let python;
let composer;

const calls = {
  async start() {
    tell("Loading Python …");
    const files = Promise.all([bytes("packages.zip"), bytes("pydantic_core.wasm"), text("begin.py")]);
    files.catch(() => {}); // it is awaited below
    const options = {
      lockFileContents: await text("pyodide/lock.json"),
      packageBaseUrl: new URL("pyodide/", import.meta.url).href,
      stdLibURL: new URL("pyodide/library.zip", import.meta.url).href,
    };
    const load = async (settings) => {
      const made = await loadPyodide(settings);
      tell("Loading Copier …");
      return made;
    };
    const [packages, core, begin] = await files;
    python = await start({ loadPyodide: load, options, packages, core, begin });
  },
  async open({ release }) {
    tell(`Loading the template ${release.commit} …`);
    composer = open(python, JSON.stringify(release), await bytes(`releases/${release.name}.zip`));
  },
  render: ({ given }) => composer.render(given),
  zip: () => composer.zip(),
};

// One call after the other: each waits for the ones before.
let last = Promise.resolve();
self.onmessage = ({ data: { id, call, ...more } }) => {
  last = last.then(async () => {
    try {
      self.postMessage({ id, result: await calls[call](more) });
    } catch (error) {
      self.postMessage({ id, error: String(error.message ?? error) });
    }
  });
};
