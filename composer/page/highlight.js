// highlight.js with the languages that a project has.
import hljs from "./highlight/core.min.js";
import bash from "./highlight/bash.min.js";
import css from "./highlight/css.min.js";
import dos from "./highlight/dos.min.js";
import ini from "./highlight/ini.min.js";
import json from "./highlight/json.min.js";
import markdown from "./highlight/markdown.min.js";
import python from "./highlight/python.min.js";
import xml from "./highlight/xml.min.js";
import yaml from "./highlight/yaml.min.js";

const languages = { bash, css, dos, ini, json, markdown, python, xml, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
export default hljs;
