// Draws Copier's questions. A field keeps its element while its question is asked, so the focus stays where it is.
import { $, make } from "./dom.js";
import { drawModules } from "./modules.js";

// `given` are a person's answers by name. `answer(name, text)` is called for a new one, with null for "the default".
export function drawForm(questions, given, answer) {
  const groups = [
    [$("questions"), questions.filter((question) => question.asked)],
    [$("options"), questions.filter((question) => !question.asked)],
  ];
  for (const [group, wanted] of groups) {
    const names = new Set(wanted.map((question) => question.name));
    for (const box of [...group.children]) if (!names.has(box.dataset.name)) box.remove();
    wanted.forEach((question, index) => {
      const box = boxOf(group, question) ?? group.insertBefore(draw(question, answer), group.children[index] ?? null);
      update(box, question, given, answer);
    });
  }
  $("more").hidden = groups[1][1].length === 0;
  if (groups[1][1].some((question) => question.error)) $("more").open = true;
}

// The question's box, unless its kind or its choices have changed.
function boxOf(group, question) {
  const box = [...group.children].find((child) => child.dataset.name === question.name);
  if (!box || box.dataset.shape === shape(question)) return box;
  box.remove();
  return undefined;
}

const shape = ({ kind, multiline, choices }) => JSON.stringify([kind, multiline, choices]);

// Choices whose titles say more than their values are cards: a heading and, after a colon, a sentence.
const hasCards = ({ kind, choices }) => kind === "select" && choices.some(({ title, value }) => title !== value);

function draw(question, answer) {
  const { name, kind } = question;
  const isGroup = kind === "checkbox" || hasCards(question);
  const box = make(isGroup ? "fieldset" : "div", { className: "question" });
  box.dataset.name = name;
  box.dataset.shape = shape(question);
  const help = make("span", { className: "help", id: `${name}-help` });
  const error = make("p", { className: "error", id: `${name}-error` });
  error.setAttribute("aria-live", "polite");
  if (isGroup) {
    box.append(make("legend", {}, help), cards(question, answer));
  } else if (kind === "confirm") {
    box.append(make("label", { className: "check" }, make("input", { type: "checkbox", id: name }), help));
  } else {
    box.append(make("label", { htmlFor: name }, help), field(question));
  }
  const input = box.querySelector(`#${CSS.escape(name)}`);
  if (input) {
    input.setAttribute("aria-describedby", error.id);
    const event = input.matches("select, [type=checkbox]") ? "change" : "input";
    input.addEventListener(event, () => answer(name, kind === "confirm" ? String(input.checked) : input.value));
  } else {
    box.setAttribute("aria-describedby", error.id);
  }
  const reset = make("button", { type: "button", className: "reset", textContent: "Use the default", hidden: true });
  reset.addEventListener("click", () => {
    answer(name, null);
    (input ?? box.querySelector("input:checked, input"))?.focus();
  });
  box.append(error, reset);
  return box;
}

function field({ name, kind, multiline, choices }) {
  if (kind === "select") {
    const options = choices.map(({ title, value, disabled }) => make("option", { value, textContent: title, disabled: Boolean(disabled), title: disabled }));
    return make("select", { id: name }, ...options);
  }
  if (multiline) return make("textarea", { id: name, rows: 4, spellcheck: false });
  if (kind === "password") return make("input", { id: name, type: "password", autocomplete: "new-password" });
  return make("input", { id: name, type: "text", spellcheck: false });
}

function cards(question, answer) {
  const { name, kind, choices } = question;
  const list = make("div", { className: kind === "select" ? "cards" : "checks" });
  choices.forEach(({ title, value, disabled }) => {
    const [heading, ...sentence] = title.split(": ");
    const input = make("input", { type: kind === "select" ? "radio" : "checkbox", name, value, disabled: Boolean(disabled) });
    const words = make("span", {}, make("strong", { textContent: heading }), disabled || sentence.length ? make("small", { textContent: disabled || sentence.join(": ") }) : "");
    list.append(make("label", { className: kind === "select" ? "card" : "check" }, input, words));
  });
  list.addEventListener("change", () => {
    const chosen = [...list.querySelectorAll("input:checked")].map((input) => input.value);
    answer(name, kind === "select" ? chosen[0] : JSON.stringify(chosen));
  });
  return list;
}

function update(box, question, given, answer) {
  const { name, kind } = question;
  const isGiven = name in given;
  const value = isGiven ? given[name] : question.default;
  box.querySelector(".help").textContent = question.help;
  box.querySelector(".reset").hidden = !isGiven;
  const error = box.querySelector(".error");
  if (error.textContent !== question.error) error.textContent = question.error;
  const input = box.querySelector(`#${CSS.escape(name)}`);
  if (input) {
    input.setAttribute("aria-invalid", String(Boolean(question.error)));
    if (kind === "confirm") input.checked = value === "true";
    // While somebody types, the field holds the newest text, and `given` the same or an older one.
    else if (input.value !== value && !(isGiven && document.activeElement === input)) input.value = value;
    if ("placeholder" in input) input.placeholder = question.placeholder;
  } else {
    const chosen = kind === "select" ? [value] : list(value);
    for (const choice of box.querySelectorAll("input")) choice.checked = chosen.includes(choice.value);
    box.setAttribute("aria-invalid", String(Boolean(question.error)));
  }
  if (name === "modules" && kind === "text") drawModules(box, value, (text) => answer(name, text));
}

// A link may hold anything.
function list(value) {
  try {
    const parsed = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.map((item) => (typeof item === "string" ? item : JSON.stringify(item))) : [];
  } catch {
    return [];
  }
}
