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
/** V8 tidies up when a process is quiet for some seconds, as this one nearly always is: not too often. */
const INTERVAL_MS = 4_500;
/** Memory goes up and down between two collections: what counts is its median over the last checks. */
const SAMPLED_CHECKS = 4;
const SAMPLE_EVERY_MS = 500;
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
    await sleep((CHECKS - SAMPLED_CHECKS) * INTERVAL_MS);
    const samples = daemons.map(() => []);
    for (let waited = 0; waited < SAMPLED_CHECKS * INTERVAL_MS; waited += SAMPLE_EVERY_MS) {
      await sleep(SAMPLE_EVERY_MS);
      for (const [index, daemon] of daemons.entries()) samples[index].push(daemon.memory());
    }
    const medianOf = (name) => samples.map((each) => median(each.map((memory) => memory[name])));
    const calls = ((await sandbox.requests()) - before) / DAEMONS;
    const heap = await daemons[DAEMONS - 1].heap();
    return [
      row('resident memory when ready', atFirst, 'MB'),
      row(`resident memory after ${CHECKS} checks`, medianOf('resident'), 'MB', { under: 90 }),
      row("  without the pages of Node's and SQLite's own files", medianOf('own'), 'MB'),
      row(
        '  the highest it ever was',
        daemons.map((daemon) => daemon.memory().highest),
        'MB',
      ),
      row('  V8 heap: used', [heap.used], 'MB'),
      row('  V8 heap: reserved', [heap.total], 'MB'),
      row('  calls to AWS that each made', [calls], ''),
    ];
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    for (const home of homes) home.remove();
  }
}
