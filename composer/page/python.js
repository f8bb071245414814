// Starts Copier in Pyodide: in the page's worker, and in Node for the build.

const CORE = "/core/pydantic_core/_pydantic_core.cpython-314-wasm32-emscripten.so";

// Loads Pyodide. It does not see the environment.
export const load = (loadPyodide, options) =>
  loadPyodide({ env: { PYDANTIC_DISABLE_PLUGINS: "1", HOME: "/home" }, ...options });

// Makes Copier importable. `packages` and `core` are bytes, `begin` is Python code.
export function start(python, { packages, core, begin }) {
  python.FS.writeFile("/packages.zip", packages);
  python.FS.mkdirTree(CORE.slice(0, CORE.lastIndexOf("/")));
  python.FS.writeFile(CORE, core);
  python.runPython(begin);
}

// Opens a release, given as JSON and as the bytes of its archive.
export function open(python, release, archive) {
  python.FS.writeFile("/release.zip", archive);
  const make = python.runPython(`
import json
from pathlib import Path
from composer.browser.composer import Composer, answered
lambda release: Composer(json.loads(release), Path("/release.zip"), Path("/composer"))
`);
  const composer = make(release);
  const answered = python.globals.get("answered");
  return {
    render: (given) => answered(composer.render, given),
    zip: () => {
      const proxy = composer.zip();
      const bytes = proxy.toJs();
      proxy.destroy();
      return bytes;
    },
  };
}
