// The Promises/A+ suite as a handler: it runs inside the component, on its own Promise.

import { run } from './mocha.js';
import 'promises-aplus-tests/lib/testFiles.js';

export async function handler() {
  return Response.json(await run());
}
