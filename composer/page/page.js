// The page: asks Python to render the answers, and shows what comes back.
import { Client } from "./client.js";
import { command, dataFile, fits, nextSteps } from "./command.js";
import { $, make } from "./dom.js";
import { drawForm } from "./form.js";
import { readAnswers, writeAnswers } from "./link.js";
import { drawTree, follow, marksOf } from "./tree.js";
import { drawFile } from "./viewer.js";

let given = readAnswers(location.hash);
let release;
let state; // what was rendered last
let files = {}; // of the last rendering that made some
let base = {}; // the files before the answer that is being edited
let edited; // the question that it answers
let selected = sessionStorage.getItem("selected") ?? "README.md";
let isReady = false; // Python runs, and has opened the release
let isLive = false; // it has rendered the answers; before that, the page shows what the build rendered
let isBusy = false;
let isWanted = false;
const open = new Map(JSON.parse(sessionStorage.getItem("open") ?? "[]"));
addEventListener("pagehide", () => {
  sessionStorage.setItem("selected", selected ?? "");
  sessionStorage.setItem("open", JSON.stringify([...open]));
});

const say = (text) => { $("status").textContent = text; };
const progress = (text) => {
  $("progress").value += 1;
  say(text);
};
const client = supported() ? new Client({ progress, failed: giveUp }) : null;

// Renders the newest answers, once at a time.
async function render() {
  isWanted = true;
  draw();
  if (!isReady || isBusy) return;
  isBusy = true;
  try {
    while (isWanted) {
      isWanted = false;
      const result = JSON.parse(await client.call("render", { given: JSON.stringify(given) }));
      isLive = true;
      show(result);
    }
  } catch (error) {
    giveUp(error.message);
  }
  isBusy = false;
  document.documentElement.dataset.rendered = Number(document.documentElement.dataset.rendered ?? 0) + 1;
}

function answer(name, text) {
  if (text === null) delete given[name];
  else given[name] = text;
  if (edited !== name) base = files;
  edited = name;
  render();
}

function show(next) {
  const stopped = next.error && state; // then Copier has asked only some of the questions
  const asked = new Set(next.questions.map((question) => question.name));
  const rest = stopped ? state.questions.filter((question) => !asked.has(question.name)) : [];
  state = { ...next, questions: [...next.questions, ...rest] };
  if (!next.error) files = next.files;
  draw();
}

// The answers to questions that are asked; a link may hold others.
const answers = () => Object.fromEntries(state.questions.filter(({ name, kind }) => name in given && kind !== "password").map(({ name }) => [name, given[name]]));

function draw() {
  if (!state) return;
  drawForm(state.questions, given, answer);
  const path = follow(selected, files);
  if (isLive) selected = path; // the build's rendering may lack the file that somebody had chosen before a reload
  const marks = edited ? marksOf(base, files) : Object.create(null);
  drawTree({ files, marks, selected: path, open, select });
  drawFile(path, files[path]);
  drawActions();
  const wrong = state.questions.filter((question) => question.error);
  const isOutdated = wrong.length > 0 || Boolean(state.error);
  $("download").disabled = !isLive || isOutdated;
  const count = Object.keys(marks).length;
  if (wrong.length) say(`${wrong.length === 1 ? "1 answer" : `${wrong.length} answers`} to correct. The files show the last valid answers.`);
  else if (state.error) say(state.error);
  else if (isLive) say(`${Object.keys(files).length} files${count ? `, ${count} changed` : ""}`);
  if (isLive) history.replaceState(null, "", `${location.pathname}${location.search}${writeAnswers(answers())}`);
}

function drawActions() {
  const shell = $("shell").value;
  $("line").textContent = command(shell, release, answers(), state.folder);
  $("answers").hidden = fits(shell, answers());
  for (const name of ["sh", "powershell"]) $(`next-${name}`).textContent = nextSteps(name, state.folder, files);
}

function select(path) {
  selected = path;
  $("tree").querySelector("[aria-current=true]")?.setAttribute("aria-current", "false");
  for (const button of $("tree").querySelectorAll("button")) if (button.dataset.path === path) button.setAttribute("aria-current", "true");
  drawFile(path, files[path]);
}

function tell(text) {
  $("said").textContent = text;
  setTimeout(() => { if ($("said").textContent === text) $("said").textContent = ""; }, 5000);
}

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} is copied.`);
  } catch {
    tell("The browser does not allow copying: copy by hand.");
    $("shown").open = true;
  }
}

function save(content, type, name) {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function download() {
  const name = `${state.folder}.zip`;
  save(await client.call("zip"), "application/zip", name);
  tell(`${name} is downloaded.`);
  $("next").open = true;
}

function supported() {
  return typeof WebAssembly === "object" && typeof Worker === "function";
}

function giveUp(reason) {
  $("unsupported").hidden = false;
  $("reason").textContent = reason;
  $("progress").className = "done";
  say("Python does not run here.");
}

async function get(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status}).`);
  return response.json();
}

async function begin() {
  const releases = await get("releases.json");
  const wanted = new URLSearchParams(location.search).get("release");
  release = releases.find(({ commit }) => commit === wanted) ?? releases[0];
  $("version").replaceChildren(...releases.map(({ commit }) => make("option", { textContent: commit, selected: commit === release.commit })));
  // The build has rendered the defaults: there is something to read, and to answer, before Python runs.
  show(await get(`releases/${release.name}.json`));
  performance.mark("preview");
  if (!client) {
    giveUp("It has no WebAssembly or no workers.");
    return;
  }
  await client.call("start", { release });
  isReady = true;
  progress("Rendering your answers …");
  await render(); // the build's rendering may be of last year, and without the link's answers
  $("progress").className = "done";
  performance.mark("ready");
}

$("form").addEventListener("submit", (event) => event.preventDefault());
$("version").addEventListener("change", () => { location.search = new URLSearchParams({ release: $("version").value }); });
$("shell").addEventListener("change", drawActions);
$("copy").addEventListener("click", () => copy($("line").textContent, "The command"));
$("share").addEventListener("click", () => copy(location.href, "The link"));
$("answers").addEventListener("click", () => save(dataFile(answers()), "application/yaml", "answers.yml"));
$("download").addEventListener("click", download);
addEventListener("hashchange", () => { given = readAnswers(location.hash); edited = undefined; render(); });
begin().catch((error) => giveUp(error.message));
