import { jsonResponse, type Handler } from '@alga-psa/extension-runtime';

type Event = 'assign' | 'reply' | 'close' | 'reopen';
type State = 'open' | 'assigned' | 'waiting' | 'closed';

/** A ticket's life: gives the state it is in, and is told what happens. */
function* ticket(): Generator<State, number, Event> {
  let reopened = 0;
  for (;;) {
    let event = yield 'open';
    while (event !== 'assign') event = yield 'open';
    event = yield* work();
    if (event === 'close' && (yield 'closed') !== 'reopen') return reopened;
    reopened += 1;
  }
}

/** From the first reply until it is closed. */
function* work(): Generator<State, Event, Event> {
  let state: State = 'assigned';
  try {
    for (;;) {
      const event = yield state;
      if (event === 'close') return event;
      if (event === 'reply') state = state === 'assigned' ? 'waiting' : 'assigned';
    }
  } finally {
    log.push(`left while ${state}`);
  }
}

const log: string[] = [];

export const handler: Handler = ({ http }) => {
  const events = JSON.parse(new TextDecoder().decode(http.body ?? new Uint8Array())) as Event[];
  const life = ticket();
  const seen: unknown[] = [life.next().value];
  for (const event of events) {
    const { value, done } = life.next(event);
    seen.push(done ? { reopened: value } : value);
    if (done) break;
  }
  life.return(0);
  return jsonResponse({ seen, log });
};
