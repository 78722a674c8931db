// `console`, on the platform's log. While the source is loaded there is no log: the build hears it.

import { logError, logInfo, logWarn } from 'alga:extension/logging';
import { format, inspect } from 'alga-ext:prelude/inspect';
import { isLive, tell } from 'alga-ext:prelude/instance';
import { translate } from 'alga-ext:prelude/stack';

let indent = '';
const counts = new Map();
const timers = new Map();

function write(log, text) {
  const line = indent ? indent + text.replaceAll('\n', `\n${indent}`) : text;
  if (isLive()) log(line);
  else tell('console', line);
}

const info = (...values) => write(logInfo, format(values));
const warn = (...values) => write(logWarn, format(values));
const error = (...values) => write(logError, format(values));

const elapsed = (label) => `${label}: ${(performance.now() - timers.get(label)).toFixed(3)}ms`;

globalThis.console = {
  log: info,
  info,
  debug: info,
  warn,
  error,
  trace: (...values) => info(`Trace${values.length > 0 ? `: ${format(values)}` : ''}\n${translate(new Error().stack)}`),
  dir: (value) => info(inspect(value)),
  dirxml: info,
  table: (value) => info(inspect(value)),
  assert: (condition, ...values) => {
    if (condition) return;
    error(values.length > 0 ? `Assertion failed: ${format(values)}` : 'Assertion failed');
  },
  group: (...values) => {
    if (values.length > 0) info(...values);
    indent += '  ';
  },
  groupCollapsed: (...values) => console.group(...values),
  groupEnd: () => { indent = indent.slice(2); },
  count: (label = 'default') => {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    info(`${label}: ${counts.get(label)}`);
  },
  countReset: (label = 'default') => { counts.delete(label); },
  time: (label = 'default') => { timers.set(label, performance.now()); },
  timeLog: (label = 'default', ...values) => { if (timers.has(label)) info(elapsed(label), ...values); },
  timeEnd: (label = 'default') => {
    if (timers.has(label)) info(elapsed(label));
    timers.delete(label);
  },
};
