/**
 * How soon somebody who comes back is known to be there: from handing an input to the X server until the event
 * `presence` has arrived over the control socket, as any client sees it. The way of the event through the socket
 * is part of it.
 */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, row } from '../lib/numbers.mjs';
import { Home } from '../lib/world.mjs';

const CLICKS = 200;
const KEYS = 30;
/** Away after 0.15 s, so that there are many returns in little time. */
const TIMEOUT_MINUTES = 0.0025;
/** The X server tells of keys only after a second without one; the rest is spent until nobody is there. */
const QUIET_MS = 900;
/** So that inputs fall anywhere between the ticks of timers. Milliseconds. */
const SCATTER = 40;
const PATIENCE_MS = 10_000;

export const about = 'input to presence';

export async function measure({ sandbox, x }) {
  if (!x) return [];
  const home = await Home.make(sandbox, {
    env: x.env,
    services: '',
    settings: {
      activity_monitor: { inactivity_timeout_minutes: TIMEOUT_MINUTES },
    },
  });
  const daemon = await home.start();
  const presence = new EventEmitter();
  const stopEvents = await home.onEvent(({ type }) => {
    if (type === 'presence') presence.emit('told', performance.now());
  });
  const nextTold = () => once(presence, 'told', { signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    const samples = async (count, quietMs, input) => {
      const waits = [];
      while (waits.length < count) {
        // Told in turn: that nobody is there, and that somebody is.
        await nextTold();
        await sleep(quietMs + Math.random() * SCATTER);
        const arrival = nextTold();
        const begin = performance.now();
        input();
        const [end] = await arrival;
        waits.push(end - begin);
      }
      return waits;
    };
    // By now it has been told that nobody is there, listened to or not; from here on the two take turns.
    await sleep(QUIET_MS);
    const first = nextTold();
    x.click();
    await first;
    const clicks = await samples(CLICKS, 0, () => x.click());
    const keys = await samples(KEYS, QUIET_MS, () => x.key());
    return [
      row('click to presence', clicks, 'ms'),
      { ...row('click to presence, p99', [percentile(clicks, 0.99)], 'ms', { under: 20 }), times: CLICKS },
      row('key to presence', keys, 'ms'),
      { ...row('key to presence, p99', [percentile(keys, 0.99)], 'ms', { under: 20 }), times: KEYS },
    ];
  } finally {
    stopEvents();
    await daemon.stop();
    home.remove();
  }
}
