/** How long a person waits: from the start of the daemon's process until it answers, and for `cloudnap status`. */
import { row } from '../lib/numbers.mjs';
import { Home } from '../lib/world.mjs';

const STARTS = 10;
const COMMANDS = 15;

export const about = 'start and status';

export async function measure({ sandbox, x }) {
  const home = await Home.make(sandbox, { env: x?.env });
  const starts = [];
  const work = [];
  const commands = [];
  try {
    while (starts.length < STARTS) {
      const daemon = await home.start();
      starts.push(daemon.readyAfterMs / 1_000);
      work.push(daemon.cpuSeconds());
      // Beside a daemon that is settled, not the one that was just started.
      if (starts.length === STARTS)
        while (commands.length < COMMANDS) commands.push((await home.run('status')) / 1_000);
      await daemon.stop();
    }
    return [
      row('start to ready', starts, 's', { under: 0.6 }),
      row('  CPU it took, all threads', work, 's'),
      row('cloudnap status', commands, 's', { under: 0.2 }),
    ];
  } finally {
    home.remove();
  }
}
