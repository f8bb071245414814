// The tree of the project's files.
import { $, make } from "./dom.js";

// The file of the new tree that stands for one of an old tree: the same path, or the one that ends most alike.
export function follow(path, files) {
  if (Object.hasOwn(files, path)) return path;
  const parts = path.split("/");
  const alike = (other) => {
    const others = other.split("/");
    let count = 0;
    while (count < parts.length && parts.at(-1 - count) === others.at(-1 - count)) count++;
    return others.length === parts.length ? count : 0;
  };
  const [best] = Object.keys(files).sort((a, b) => alike(b) - alike(a));
  if (best && alike(best)) return best;
  return Object.hasOwn(files, "README.md") ? "README.md" : best;
}

// `marks` says of a path whether it is "new" or "changed". `open` holds what somebody opened or closed, by path.
export function drawTree({ files, marks, selected, open, select }) {
  const focused = document.activeElement?.closest("#tree [data-path]")?.dataset.path;
  const root = Object.create(null);
  for (const path of Object.keys(files)) {
    const parts = path.split("/");
    let folder = root;
    for (const part of parts.slice(0, -1)) folder = folder[`${part}/`] ??= Object.create(null);
    folder[parts.at(-1)] = path;
  }
  const order = ([a, x], [b, y]) => (typeof x === "string") - (typeof y === "string") || (a < b ? -1 : 1);
  const draw = (folder, path) => Object.entries(folder).sort(order).map(([name, inside]) => (
    typeof inside === "string" ? file(name, inside) : folderOf(name, path + name, inside)));
  const file = (name, path) => {
    const button = make("button", { type: "button", textContent: name, className: marks[path] ?? "" });
    if (marks[path]) button.append(make("span", { className: "mark", textContent: ` ${marks[path]}` }));
    button.setAttribute("aria-current", String(path === selected));
    button.dataset.path = path;
    button.addEventListener("click", () => select(path));
    return make("li", {}, button);
  };
  const folderOf = (name, path, inside) => {
    const summary = make("summary", { textContent: name });
    summary.dataset.path = path;
    const shown = open.get(path) ?? (path === "src/" || path === "tests/" || path.startsWith("src/") || path.startsWith("tests/"));
    const details = make("details", { open: shown }, summary, make("ul", {}, ...draw(inside, path)));
    details.addEventListener("toggle", () => open.set(path, details.open));
    return make("li", {}, details);
  };
  const { scrollTop } = $("tree").parentElement;
  $("tree").replaceChildren(...draw(root, ""));
  $("tree").parentElement.scrollTop = scrollTop;
  if (focused) {
    const target = follow(focused, Object.fromEntries([...$("tree").querySelectorAll("[data-path]")].map((element) => [element.dataset.path, true])));
    [...$("tree").querySelectorAll("[data-path]")].find((element) => element.dataset.path === target)?.focus();
  }
}

// Which files an answer added or changed.
export function marksOf(before, files) {
  const marks = Object.create(null);
  for (const [path, text] of Object.entries(files)) {
    if (!Object.hasOwn(before, path)) marks[path] = "new";
    else if (before[path] !== text) marks[path] = "changed";
  }
  return marks;
}
