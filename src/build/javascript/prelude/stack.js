// Stacks in the author's files and lines.

/* `$lines` is written by the linker: `file;file…|` and then, for each run of lines, `at,file,line` in base 36, each
   as the difference to the run before. File 0 is ours. */

let table;

function read() {
  const [files, runs] = $lines().split('|');
  table = { files: files.split(';'), starts: [], sources: [], lines: [] };
  let start = 0, source = 0, line = 0;
  for (const run of runs.split(';')) {
    const [byStart, bySource, byLine] = run.split(',');
    start += parseInt(byStart, 36);
    source += parseInt(bySource, 36);
    line += parseInt(byLine, 36);
    table.starts.push(start);
    table.sources.push(source);
    table.lines.push(line);
  }
}

/** Where a line of the script comes from: `file:line`, or null for a line of ours. */
function origin(scriptLine) {
  if (!table) read();
  let low = 0, high = table.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table.starts[middle] <= scriptLine) low = middle; else high = middle - 1;
  }
  const source = table.sources[low];
  if (!source) return null;
  return `${table.files[source]}:${table.lines[low] + scriptLine - table.starts[low]}`;
}

/** A stack without our own frames, the others in the author's files. */
export function translate(stack) {
  const frames = [];
  for (const frame of String(stack).split('\n')) {
    const place = /componentize-qjs:user\.js:(\d+)(?::\d+)?/.exec(frame);
    if (!place) {
      if (frame.trim() && !/\(native\)|\(shim|componentize-qjs:/.test(frame)) frames.push(frame);
      continue;
    }
    const found = origin(Number(place[1]));
    if (found) frames.push(frame.replace(place[0], found));
  }
  return frames.join('\n');
}

/** An error as one reads it: name and message, the stack, and its causes. */
export function describe(error, depth = 0) {
  if (!(error instanceof Error) && !(typeof error === 'object' && error !== null && typeof error.stack === 'string')) {
    return null;
  }
  let text = headline(error);
  const stack = translate(error.stack ?? '');
  if (stack) text += `\n${stack}`;
  if (error instanceof AggregateError && depth < 3) {
    for (const inner of error.errors) text += `\n  [${describe(inner, depth + 1) ?? String(inner)}]`;
  }
  if (error.cause !== undefined && depth < 3) text += `\ncaused by ${describe(error.cause, depth + 1) ?? String(error.cause)}`;
  return text;
}

function headline(error) {
  try { return String(Error.prototype.toString.call(error)); } catch { return 'Error'; }
}
