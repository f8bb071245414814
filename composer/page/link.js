// The answers in the page's address: #project_name=Wave+lab&docs=true

// A map without a prototype: "constructor" is a name as any other, which no question has.
export function readAnswers(hash) {
  return Object.assign(Object.create(null), Object.fromEntries(new URLSearchParams(hash.slice(1))));
}

export function writeAnswers(answers) {
  const words = new URLSearchParams(answers).toString();
  return words && `#${words}`;
}
