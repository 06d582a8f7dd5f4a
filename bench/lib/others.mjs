/** How others find out whether somebody is there: xprintidle asked each second, and ActivityWatch's two watchers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cpuSeconds, endedChildrenSeconds, wakeUps } from './processes.mjs';
import { monotonicMs } from './sensors.mjs';

/** A Python environment with aw-watcher-afk and aw-watcher-window in it; bench/README.md says how to make one. */
const ACTIVITYWATCH = process.env.CLOUDNAP_BENCH_ACTIVITYWATCH;

class Program {
  #child;
  #lines;

  constructor(child) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout ?? child.stderr });
  }

  /** With what the programs it runs have used. */
  cpuSeconds() {
    return cpuSeconds(this.#child.pid) + endedChildrenSeconds(this.#child.pid);
  }

  /** Without those of the programs it runs, which end too soon to be asked. */
  wakeUps() {
    return wakeUps(this.#child.pid);
  }

  /** Calls `fn` with each line it says, and when that came. */
  onLine(fn) {
    this.#lines.on('line', (line) => fn(line, monotonicMs()));
  }

  /** Resolves when it says a line that contains `words`, to when that came. */
  async said(words) {
    for (;;) {
      const [line] = await once(this.#lines, 'line');
      if (line.includes(words)) return monotonicMs();
    }
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The loop that people write; undefined where there is no xprintidle. */
export async function pollXprintidle(env) {
  const child = spawn('sh', ['-c', 'xprintidle || exit; while sleep 1; do xprintidle; done'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const isThere = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'exit').then(() => false),
  ]);
  return isThere ? new Program(child) : undefined;
}

/**
 * ActivityWatch without its server: what stands in for that takes all it is told and costs the watchers nothing.
 * Undefined where it is not installed.
 */
export async function activityWatch(env) {
  if (!ACTIVITYWATCH) return undefined;
  const python = join(ACTIVITYWATCH, 'bin', 'python');
  if (!existsSync(python)) throw new Error(`CLOUDNAP_BENCH_ACTIVITYWATCH: there is no ${python}`);
  const home = mkdtempSync(join(tmpdir(), 'cloudnap-bench-aw-'));
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const where = ['--host', '127.0.0.1', '--port', String(server.address().port)];
  return {
    /** Starts one of them: `afk` or `window`. */
    start(watcher, ...args) {
      const child = spawn(python, ['-m', `aw_watcher_${watcher}`, ...where, ...args], {
        env: { ...env, HOME: home },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.once('exit', (code) => {
        if (code !== null) console.error(`aw-watcher-${watcher} ended by itself, with ${code}`);
      });
      return new Program(child);
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
