// An editor for the question `modules`: "formats.wave:Wave,read_wave filters:equalize".
import { make } from "./dom.js";

// The modules and their names, or null for a text of another form.
export function parseModules(text) {
  const words = text.split(/\s+/).filter(Boolean);
  const entries = words.map((word) => word.split(":"));
  if (entries.some((parts) => parts.length > 2)) return null;
  return entries.map(([module, names = ""]) => ({ module, names }));
}

export const formatModules = (entries) =>
  entries.map(({ module, names }) => [module, names].filter(Boolean).join(":")).join(" ");

// Draws the editor below the question's field. `change` is called with the new text.
export function drawModules(box, text, change) {
  let editor = box.querySelector(".modules");
  if (!editor) {
    editor = make("details", { className: "modules" }, make("summary", { textContent: "Edit as a list" }), make("div"));
    box.append(editor);
  }
  const entries = parseModules(text);
  const content = editor.lastElementChild;
  editor.hidden = entries === null;
  // A row that somebody edits says the same as the text already.
  if (!entries || content.dataset.text === text) return;
  const focused = document.activeElement?.dataset?.key;
  content.dataset.text = text;
  const put = (next) => {
    content.dataset.text = formatModules(next);
    change(content.dataset.text);
    content.lastElementChild.replaceWith(packageTree(next));
  };
  const rows = entries.map((entry, index) => row(entry, index, entries, put, (next) => { change(formatModules(next)); drawModules(box, formatModules(next), change); }));
  const add = make("button", { type: "button", textContent: "Add a module" });
  add.addEventListener("click", () => {
    const next = [...entries, { module: unused(entries), names: "" }];
    change(formatModules(next));
    drawModules(box, formatModules(next), change);
    box.querySelector(`[data-key="module-${next.length - 1}"]`).select();
  });
  content.replaceChildren(...rows, add, packageTree(entries));
  if (focused) content.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function row(entry, index, entries, put, redraw) {
  const input = (key, label, clean) => {
    const made = make("input", { type: "text", value: entry[key], spellcheck: false });
    made.setAttribute("aria-label", `${label} ${index + 1}`);
    made.dataset.key = `${key}-${index}`;
    made.addEventListener("input", () => {
      entry[key] = clean(made.value);
      put(entries);
    });
    return made;
  };
  const remove = make("button", { type: "button", textContent: "Remove" });
  remove.setAttribute("aria-label", `Remove module ${index + 1}`);
  remove.addEventListener("click", () => {
    const box = remove.closest(".question");
    redraw(entries.filter((other) => other !== entry));
    (box.querySelector(`[data-key="module-${Math.max(0, index - 1)}"]`) ?? box.querySelector(".modules button"))?.focus();
  });
  return make(
    "div",
    { className: "row" },
    input("module", "Module", (text) => text.trim().replaceAll(/[\s:]+/g, ".")),
    input("names", "Names of module", (text) => text.trim().replaceAll(/[\s,:]+/g, ",")),
    remove,
  );
}

function unused(entries) {
  const taken = new Set(entries.map(({ module }) => module));
  for (let number = 1; ; number++) if (!taken.has(`module${number}`)) return `module${number}`;
}

// Packages, modules and their names as nested lists.
function packageTree(entries) {
  const root = new Map();
  for (const { module, names } of entries) {
    const parts = module.split(".").filter(Boolean);
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      if (!folder.has(`${part}/`)) folder.set(`${part}/`, new Map());
      folder = folder.get(`${part}/`);
    }
    if (parts.length) folder.set(`${parts.at(-1)}.py`, names.split(",").filter(Boolean).join(", "));
  }
  const draw = (folder) => make("ul", {}, ...[...folder].map(([name, inside]) => (inside instanceof Map ? make("li", { textContent: name }, draw(inside)) : make("li", { textContent: inside ? `${name}: ${inside}` : name }))));
  const list = draw(root);
  list.className = "package";
  list.setAttribute("aria-label", "The package");
  return list;
}
