// Shows one file, with colours where highlight.js knows the language.
import { $ } from "./dom.js";

const LANGUAGES = {
  cfg: "ini", cmd: "dos", css: "css", html: "xml", json: "json", md: "markdown", py: "python", sh: "bash", toml: "ini", xml: "xml", yaml: "yaml", yml: "yaml",
};
const LONGEST = 60_000; // a longer text is not coloured: it would take too long

let highlighter;
const places = new Map(); // where somebody was in each file
let shown;

export async function drawFile(path, text) {
  const region = $("text");
  if (shown !== undefined && shown !== path) places.set(shown, region.scrollTop);
  const isSame = shown === path;
  shown = path;
  $("path").textContent = path ?? "";
  const content = text ?? (path ? "This file holds no text." : "");
  const ending = path?.split("/").at(-1);
  const language = ending === "bootstrap" ? "bash" : LANGUAGES[ending?.split(".").at(-1)];
  if (!isSame || !paint(content, language)) $("content").textContent = content;
  if (!isSame) region.scrollTop = places.get(path) ?? 0;
  if (highlighter === undefined && language) {
    highlighter = null;
    highlighter = (await import("./highlight.js").catch(() => ({ default: null }))).default;
    if (shown === path) paint(content, language);
  } else if (!isSame) {
    paint(content, language);
  }
}

// highlight.js escapes the text that it colours: this is the only HTML that the page makes from a text.
function paint(text, language) {
  if (!highlighter?.getLanguage(language) || text.length > LONGEST) return false;
  $("content").innerHTML = highlighter.highlight(text, { language }).value;
  return true;
}
