/** Processes that do nothing but sense, made as the program is: one bundle of lazy chunks. */
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { cpuSeconds, wakeUps } from './processes.mjs';

const ENTRY = fileURLToPath(new URL('./sensors-child.mjs', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Bundles them with the options of scripts/lib/bundle.mjs. */
export async function bundleSensors() {
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-bench-sensors-'));
  // Where native code, which is not bundled, is looked for.
  symlinkSync(MODULES, join(folder, 'node_modules'));
  const bundled = await rolldown({
    input: ENTRY,
    platform: 'node',
    external: ['koffi'],
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20.19' },
  });
  await bundled.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs' });
  await bundled.close();
  return {
    /** Starts a process with these sensors; resolves when each has found whether it can watch. */
    async start(names, env) {
      const child = fork(join(folder, 'sensors-child.mjs'), names, { env });
      const [{ health }] = await once(child, 'message');
      for (const name of names) {
        if (health[name].state !== 'watching')
          console.error(`the ${name} sensor is not measured: ${health[name].reason}`);
      }
      return new SensorsProcess(child);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

class SensorsProcess {
  #child;
  #activity = new EventEmitter();

  constructor(child) {
    this.#child = child;
    child.on('message', ({ sensor, at }) => this.#activity.emit(sensor, at));
  }

  cpuSeconds() {
    return cpuSeconds(this.#child.pid);
  }

  wakeUps() {
    return wakeUps(this.#child.pid);
  }

  /** The sensor's next activity: resolves to when it was told, in milliseconds of `monotonicMs`. */
  async next(sensor, patienceMs) {
    const [at] = await once(this.#activity, sensor, { signal: AbortSignal.timeout(patienceMs) });
    return at;
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}

/** The clock that all processes of a machine share. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
