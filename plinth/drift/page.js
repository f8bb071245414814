"use strict";
const body = document.querySelector("tbody");
const search = document.querySelector("input");
const bar = [...document.querySelectorAll(".bar button")];
const heads = [...document.querySelectorAll("th")];

function filter() {
  const words = search.value.toLowerCase().split(/\s+/);
  const chosen = bar.find((x) => x.getAttribute("aria-pressed") === "true");
  for (const row of body.rows) {
    const text = row.textContent.toLowerCase();
    const there = words.every((word) => text.includes(word));
    row.hidden = !there || (chosen && chosen.dataset.version !== row.dataset.version);
  }
}

function key(row, column) {
  const cell = row.cells[column];
  return "key" in cell.dataset ? Number(cell.dataset.key) : cell.textContent;
}

function sort(column) {
  const up = heads[column].getAttribute("aria-sort") !== "ascending";
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  const order = new Intl.Collator("en", { numeric: true });
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [key(a, column), key(b, column)];
    return (up ? 1 : -1) * (typeof x === "number" ? x - y : order.compare(x, y));
  });
  body.append(...rows);
}

search.addEventListener("input", filter);
heads.forEach((head, column) => head.addEventListener("click", () => sort(column)));
bar.forEach((button) =>
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    bar.forEach((x) => x.setAttribute("aria-pressed", String(on && x === button)));
    filter();
  }),
);
