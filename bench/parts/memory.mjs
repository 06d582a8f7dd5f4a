/**
 * Resident memory after an hour's worth of looking at AWS: as many checks as the shipped interval of five minutes
 * makes in an hour, in as many seconds, by several daemons beside one another. All services' clients are in use.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median, row } from '../lib/numbers.mjs';
import { Home } from '../lib/world.mjs';

const DAEMONS = 3;
const CHECKS = 12;
const INTERVAL_MS = 3_000;
/** V8 gives memory back when a process has been quiet for some seconds, as this one nearly always is. */
const REST_MS = 25_000;
const PROBE = fileURLToPath(new URL('../lib/heap-probe.mjs', import.meta.url));

export const about = "resident memory after an hour's checks";

export async function measure({ sandbox, x }) {
  const settings = {
    aws: { regions: sandbox.regions, service_state_check_interval_minutes: INTERVAL_MS / 60_000 },
  };
  const homes = await Promise.all(
    Array.from({ length: DAEMONS }, () => Home.make(sandbox, { env: x?.env, settings })),
  );
  const before = await sandbox.requests();
  const daemons = [];
  try {
    // The last one has the probe in it, which costs a little itself.
    for (const [index, home] of homes.entries())
      daemons.push(await home.start(index === DAEMONS - 1 ? ['--import', PROBE] : []));
    const atFirst = daemons.map((daemon) => daemon.memory().resident);
    await sleep(CHECKS * INTERVAL_MS);
    const after = daemons.map((daemon) => daemon.memory());
    const calls = ((await sandbox.requests()) - before) / DAEMONS;
    const heap = await daemons[DAEMONS - 1].heap();
    for (const home of homes) home.writeSettings({ aws: { service_state_check_interval_minutes: 5 } });
    await sleep(REST_MS);
    const rested = daemons.map((daemon) => daemon.memory().resident);
    return [
      row('resident memory when ready', atFirst, 'MB'),
      row(
        `resident memory after ${CHECKS} checks`,
        after.map(({ resident }) => resident),
        'MB',
        { under: 90 },
      ),
      row(`  and ${REST_MS / 1_000} s later, at rest`, rested, 'MB', { under: 90 }),
      row(
        '  the highest it ever was',
        after.map(({ highest }) => highest),
        'MB',
      ),
      row(
        "  without the pages of Node's and SQLite's own files",
        after.map(({ own }) => own),
        'MB',
      ),
      row('  V8 heap: used', [heap.used], 'MB'),
      row('  V8 heap: reserved', [heap.total], 'MB'),
      row('  calls to AWS made, a daemon', [median([calls])], ''),
    ];
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    for (const home of homes) home.remove();
  }
}
