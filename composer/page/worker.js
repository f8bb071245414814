// The page's Python. A worker keeps the page responsive while Python works.
import { loadPyodide } from "./pyodide/pyodide.mjs";
import { load, open, start } from "./python.js";

async function get(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status})`);
  return response;
}
const bytes = async (name) => new Uint8Array(await (await get(name)).arrayBuffer());
const text = async (name) => (await get(name)).text();
const tell = (progress) => self.postMessage({ progress });

let composer;

const calls = {
  async start({ release }) {
    tell("Loading Python …");
    // The downloads run side by side; only what is compiled first is awaited first.
    const files = Promise.all([
      bytes("packages.zip"),
      bytes("pydantic_core.wasm"),
      text("begin.py"),
      bytes(`releases/${release.name}.zip`),
    ]);
    files.catch(() => {}); // it is awaited below
    const folder = new URL("pyodide/", import.meta.url).href;
    const options = {
      lockFileContents: await text("pyodide/lock.json"),
      packageBaseUrl: folder,
      stdLibURL: `${folder}library.zip`,
    };
    const loaded = await load(loadPyodide, options);
    tell("Loading Copier …");
    const [packages, core, begin, archive] = await files;
    start(loaded, { packages, core, begin });
    tell(`Loading the template ${release.commit} …`);
    composer = open(loaded, JSON.stringify(release), archive);
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
