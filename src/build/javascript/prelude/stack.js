// Stacks in the author's files, lines and columns, wherever they are read.

/* `$lines` is written by the linker: `file;file…|`, then for each run of lines `at,file,line` in base 36, each as the
   difference to the run before, and then, for each run that has line 0 and a file, `|` and the marks of its lines: where
   in the line, which line of the source, which column, as source maps write numbers. File 0 is ours. */

import { isLive, tell } from 'alga-ext:prelude/instance';

let table;

function read() {
  const [files, runs, ...marks] = $lines().split('|');
  table = { files: files.split(';'), starts: [], sources: [], lines: [], marks: [] };
  let start = 0, source = 0, line = 0, next = 0;
  for (const run of runs.split(';')) {
    const [byStart, bySource, byLine] = run.split(',');
    start += parseInt(byStart, 36);
    source += parseInt(bySource, 36);
    line += parseInt(byLine, 36);
    table.starts.push(start);
    table.sources.push(source);
    table.lines.push(line);
    table.marks.push(source > 0 && line === 0 ? marks[next++] : undefined);
  }
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The marks of a run, for each of its lines `[at, line, column]` and so on. */
function decode(text) {
  let line = 0, column = 0;
  return text.split(';').map((part) => {
    const marks = [];
    let at = 0, value = 0, shift = 0, index = 0;
    for (const letter of part) {
      if (letter === ',') continue;
      const bits = LETTERS.indexOf(letter);
      value += (bits & 31) << shift;
      if (bits & 32) { shift += 5; continue; }
      const number = value & 1 ? -(value >> 1) : value >> 1;
      value = shift = 0;
      if (index === 0) at += number;
      else if (index === 1) line += number;
      else { column += number; marks.push([at, line, column]); }
      index = (index + 1) % 3;
    }
    return marks;
  });
}

/** Where a place of the script comes from: `file:line:column`, `file:line` in packages, or null for a line of ours. */
function origin(scriptLine, scriptColumn) {
  if (!table) read();
  let low = 0, high = table.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table.starts[middle] <= scriptLine) low = middle; else high = middle - 1;
  }
  const source = table.sources[low];
  if (!source) return null;
  const offset = scriptLine - table.starts[low];
  const file = table.files[source];
  if (table.marks[low] === undefined) return `${file}:${table.lines[low] + offset}`;
  if (typeof table.marks[low] === 'string') table.marks[low] = decode(table.marks[low]);
  const lines = table.marks[low];
  const marks = lines[offset] ?? [];
  const wanted = scriptColumn - 1;
  const mark = marks.findLast(([at]) => at <= wanted) ?? marks[0];
  // A line without marks is the build's: it runs an async function's generator.
  return mark ? `${file}:${mark[1]}:${mark[2] + Math.max(wanted - mark[0], 0) + 1}` : null;
}

/** A stack without our own frames, the others in the author's files. */
export function translate(stack) {
  const frames = [];
  for (const frame of String(stack).split('\n')) {
    const place = /componentize-qjs:user\.js:(\d+)(?::(\d+))?/.exec(frame);
    if (!place) {
      if (frame.trim() && !/\(native\)|\(shim|componentize-qjs:/.test(frame)) frames.push(frame);
      continue;
    }
    const found = origin(Number(place[1]), Number(place[2] ?? 1));
    if (found) {
      // What is called alike in two modules has a number behind its name in the script.
      frames.push(frame.replace(place[0], found).replace(/^( *at .*?)\$\d+ \(/, '$1 ('));
      continue;
    }
    // The generator of the async function `name` has no name, and what runs it is called `_name`.
    const name = /^ *at _(\w+) \(/.exec(frame)?.[1];
    if (name && frames.length > 0) frames.push(frames.pop().replace('at <anonymous> (', `at ${name} (`));
  }
  return frames.join('\n');
}

// The author reads the author's lines too. A stack is text that the engine makes with the error; it is translated when
// somebody reads it.
const { get: raw, set } = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
let isTelling = false;
function readStack() {
  const stack = raw.call(this);
  if (typeof stack !== 'string') return stack;
  // An error that ends the loading is read last; the build wants all of it, and the engine tells message and stack.
  if (!isLive() && !isTelling) {
    isTelling = true;
    try { tell('thrown', describe(this) ?? ''); } finally { isTelling = false; }
  }
  return translate(stack);
}
Object.defineProperty(Error.prototype, 'stack', { configurable: true, enumerable: false, get: readStack, set });
const capture = Error.captureStackTrace;
Error.captureStackTrace = function captureStackTrace(error, above) {
  capture(error, above);
  const own = Object.getOwnPropertyDescriptor(error, 'stack');
  if (typeof own?.value === 'string') Object.defineProperty(error, 'stack', { ...own, value: translate(own.value) });
};

/** What shows a value as `console` does, where the source has that. */
let display;
export function setDisplay(given) { display = given; }

/** A value that is no error, as text. */
export function plain(value) {
  if (display) return display(value);
  try { return JSON.stringify(value) ?? String(value); } catch { return Object.prototype.toString.call(value); }
}

const DEPTH = 16;

/** An error as one reads it: name and message, the stack, and its causes. */
export function describe(error, depth = 0) {
  if (!(error instanceof Error) && !(typeof error === 'object' && error !== null && typeof error.stack === 'string')) {
    return null;
  }
  let text = headline(error);
  const stack = stackOf(error);
  if (stack) text += `\n${stack}`;
  if (error instanceof AggregateError && depth < 3) {
    for (const inner of error.errors) text += `\n  [${describe(inner, depth + 1) ?? plain(inner)}]`;
  }
  if (error.cause !== undefined && depth < DEPTH) text += `\ncaused by ${describe(error.cause, depth + 1) ?? plain(error.cause)}`;
  return text;
}

/** A stack without the headline that some libraries put before it. */
function stackOf(error) {
  const stack = String(error.stack ?? '');
  const start = stack.search(/^ {4}at /m);
  return start > 0 ? stack.slice(start) : stack;
}

function headline(error) {
  try {
    const text = String(Error.prototype.toString.call(error));
    return error.name === 'PlatformError' && error.call ? `${text}, from \`${error.call}\`` : text;
  } catch { return 'Error'; }
}
