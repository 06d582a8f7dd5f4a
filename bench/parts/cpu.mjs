/**
 * What the daemon costs while it only watches: CPU seconds a minute with nobody there, and with the mouse moving at
 * 125 Hz. Shipped settings, the whole fleet registered and looked at once before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { row } from '../lib/numbers.mjs';
import { Home } from '../lib/world.mjs';

/** The loop's own heartbeat comes every 20 s: each stretch has one. */
const IDLE_MS = 20_000;
const MOVING_MS = 5_000;
const TIMES = 3;
const MOVE_EVERY_MS = 8;
/** Until the first look at AWS is over. What it leaves to V8 to clean up is done while the mouse moves. */
const SETTLE_MS = 5_000;

export const about = 'CPU while nothing happens, and while the mouse moves';

export async function measure({ sandbox, x }) {
  const home = await Home.make(sandbox, { env: x?.env });
  const daemon = await home.start();
  try {
    await sleep(SETTLE_MS);
    const moving = x ? await whileMoving(x, () => stretches(daemon, MOVING_MS)) : undefined;
    const before = daemon.wakeUps();
    const idle = await stretches(daemon, IDLE_MS);
    const wakeUps = ((daemon.wakeUps() - before) / (TIMES * IDLE_MS)) * 60_000;
    return [
      row('CPU a minute, idle', idle, 's', { under: 0.03 }),
      row('  wake-ups of its threads a minute', [wakeUps], ''),
      ...(moving ? [row(`CPU a minute, mouse at ${1_000 / MOVE_EVERY_MS} Hz`, moving, 's')] : []),
    ];
  } finally {
    await daemon.stop();
    home.remove();
  }
}

async function whileMoving(x, work) {
  let step = 0;
  const mouse = setInterval(() => {
    step += 1;
    x.move(100 + ((step * 7) % 1_000), 100 + ((step * 3) % 600));
  }, MOVE_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(mouse);
  }
}

/** CPU seconds a minute, of several stretches one after the other. */
async function stretches(daemon, lengthMs) {
  const costs = [];
  while (costs.length < TIMES) {
    const [used, begin] = [daemon.cpuSeconds(), performance.now()];
    await sleep(lengthMs);
    costs.push((daemon.cpuSeconds() - used) * (60_000 / (performance.now() - begin)));
  }
  return costs;
}
