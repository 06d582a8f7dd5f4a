/**
 * Installs moto, an AWS emulator that is not ours, into `.cache/moto/`: the driver contract suite is run against
 * it so that our own sandbox is not the only judge of our drivers. Idempotent: a finished install of the pinned
 * version costs one file read. `node scripts/setup-moto.mjs` exits with 1 and one sentence when it cannot be had.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Pinned: the suite declares what moto cannot do (test/contracts/moto.ts), and that changes with its versions. */
const REQUIREMENT = 'moto[server]==5.2.2';
const folder = fileURLToPath(new URL('../.cache/moto/', import.meta.url));
/** Written last, so that an install that was cut short is done anew. */
const stamp = join(folder, 'installed.txt');
const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
const venvPython = join(bin, process.platform === 'win32' ? 'python.exe' : 'python');

function fail(sentence) {
  console.error(`setup-moto: ${sentence}`);
  process.exit(1);
}

/** The first Python that moto 5.2 runs on, or undefined. */
function findPython() {
  const probe = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';
  return ['python3', 'python'].find((name) => spawnSync(name, ['-c', probe]).status === 0);
}

function run(command, args) {
  const done = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (done.status !== 0)
    fail(
      `"${[command, ...args].join(' ')}" failed: ${(done.stderr ?? String(done.error)).trim().slice(-2_000)}`,
    );
}

if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === REQUIREMENT) {
  console.error(`setup-moto: ${REQUIREMENT} is there`);
} else {
  const python = findPython();
  if (!python)
    fail('Python 3.10 or newer with its venv module is needed to run moto; install python3 and python3-venv');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`setup-moto: installing ${REQUIREMENT} into .cache/moto (once)`);
  run(python, ['-m', 'venv', folder]);
  run(venvPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', REQUIREMENT]);
  writeFileSync(stamp, `${REQUIREMENT}\n`);
}
