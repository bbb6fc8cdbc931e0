// Feeds the layer language texts that are no programs, for 60 s (or the seconds given): no exception of ours may come out.
//
//   npm run build && node test/e2e/fuzz-grammar.mjs [seconds] [seed]
import { readdirSync, readFileSync } from "node:fs";
import { checkSource, completeAt, formatSource, hoverAt } from "../../dist/dsl/index.js";
import * as library from "../../dist/std/index.js";
import { layerLanguage as registry } from "../../dist/kernel/layer-registry.js";

const seconds = Number(process.argv[2] ?? 60);
let state = Number(process.argv[3] ?? 1) >>> 0;

/** Mulberry32. */
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const pick = (list) => list[Math.floor(random() * list.length)];
const folder = new URL("../dsl/programs/", import.meta.url);
const programs = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), "utf8"));
const tokens = [...new Set(programs.join("\n").match(/[\p{L}_][\p{L}\p{N}_]*|\d+(?:x\d+)*|->|\.\.|[^\s\p{L}\p{N}]|\n/gu))];

function mutate(text) {
  const changes = 1 + Math.floor(random() * 4);
  let changed = text;
  for (let change = 0; change < changes; change++) {
    const at = Math.floor(random() * changed.length);
    const kind = random();
    if (kind < 0.3) changed = changed.slice(0, at) + changed.slice(at + 1 + Math.floor(random() * 12));
    else if (kind < 0.6) changed = `${changed.slice(0, at)} ${pick(tokens)} ${changed.slice(at)}`;
    else if (kind < 0.8) changed = changed.slice(0, at) + String.fromCodePoint(Math.floor(random() * 0x300) + 9) + changed.slice(at);
    else changed = changed.slice(0, at) + pick(programs).slice(Math.floor(random() * 100), Math.floor(random() * 300)) + changed.slice(at);
  }
  // Numbers stay small: the point is the language, not huge networks.
  return changed.replaceAll(/\d{4,}/g, (digits) => digits.slice(0, 3));
}

const scramble = () => Array.from({ length: 1 + Math.floor(random() * 40) }, () => pick(tokens)).join(random() < 0.5 ? " " : "");
const internal = /undefined|\[object|is not a function|Cannot read|unreachable|TypeError/;
const end = Date.now() + seconds * 1000;
let count = 0;
let slowest = 0;
const failures = [];
while (Date.now() < end && failures.length < 10) {
  const text = random() < 0.8 ? mutate(pick(programs)) : scramble();
  const began = performance.now();
  try {
    const { diagnostics } = checkSource(text, { registry, runtime: library, closed: random() < 0.5 });
    for (const { message, hint, span } of diagnostics) {
      if (internal.test(`${message} ${hint}`)) throw new Error(`a message of the inside: ${message}`);
      if (span[0] < 0 || span[1] > text.length || span[0] > span[1]) throw new Error(`a place outside of the text: ${span.join(" to ")}`);
    }
    const offset = Math.floor(random() * (text.length + 1));
    completeAt(text, offset, { registry });
    hoverAt(text, offset, { registry });
    const formatted = formatSource(text);
    if (formatSource(formatted) !== formatted) throw new Error("formatted twice is not formatted once");
  } catch (error) {
    failures.push({ text, error });
  }
  slowest = Math.max(slowest, performance.now() - began);
  count++;
}
console.log(`${count} texts in ${seconds} s, ${failures.length} exceptions, the slowest took ${slowest.toFixed(0)} ms`);
for (const { text, error } of failures) console.log(`\n${"-".repeat(40)}\n${text}\n${error.stack}`);
process.exitCode = failures.length === 0 ? 0 : 1;
