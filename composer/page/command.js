// The same project by the command line.

// A word that needs no quotes gets none.
const quote = {
  sh: (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`),
  powershell: (word) => (/^[\w+=:./-]+$/.test(word) ? word : `'${word.replaceAll(/['‘’‚‛]/g, "$&$&")}'`),
};

// What a shell may change on the way: control characters in both. Older PowerShells drop double quotes, and a final backslash escapes the quote after it.
const unsafe = {
  sh: /\p{Cc}/u,
  powershell: /\p{Cc}|"|\\$/u,
};

// Whether each answer can be written in the command line of a shell. If not, the command reads a file.
export const fits = (shell, answers) => !Object.values(answers).some((answer) => unsafe[shell].test(answer));

export function command(shell, release, answers, folder) {
  const words = ["copier", "copy", "--vcs-ref", release.commit, "--defaults"];
  if (!fits(shell, answers)) words.push("--data-file", "answers.yml");
  else for (const [name, answer] of Object.entries(answers)) words.push("--data", `${name}=${answer}`);
  return [...words, release.url, folder].map(quote[shell]).join(" ");
}

// JSON is YAML, too.
export const dataFile = (answers) => `${JSON.stringify(answers, null, 2)}\n`;

// What to do with the zip. Only a project with a bootstrap runs it.
export function nextSteps(shell, folder, files) {
  const commit = 'git init; git add .; git commit -m "Start the project"';
  if (shell === "powershell") {
    const run = Object.hasOwn(files, "bootstrap.cmd") ? "; .\\bootstrap pytest" : "";
    return `Expand-Archive ${folder}.zip . ; cd ${folder}; ${commit}${run}`;
  }
  const run = Object.hasOwn(files, "bootstrap") ? " && ./bootstrap pytest" : "";
  return `unzip ${folder}.zip && cd ${folder} && ${commit.replaceAll("; ", " && ")}${run}`;
}
