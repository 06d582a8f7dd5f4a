/** What the tests need from the machine beyond Node: X11 programs, and Python for moto. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { done, failed, skipped } from './outcome.mjs';
import { inRoot } from './root.mjs';
import { run, runNode } from './run.mjs';

const APT = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeoutSeconds: 300 };

/**
 * Sees to the programs of test/desktop/programs.json and to Python with venv, which moto is installed with. As root on
 * Debian, what is missing is installed; elsewhere it is named.
 */
export async function machine() {
  const missing = missingPrograms();
  if (missing.length === 0) return done();
  const named = missing.map(
    ({ program, debian, why }) => `what needs ${program} (Debian package ${debian}), ${why}`,
  );
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return { ...done(), skipped: named };
  const packages = missing.flatMap(({ debian }) => debian.split(' '));
  const update = await run('apt-get', ['update', '-q'], APT);
  const install = await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], APT);
  const still = missingPrograms().map(({ program }) => program);
  if (still.length === 0) return done(`installed ${packages.join(', ')}`);
  return failed(`${update.output}\n${install.output}\napt-get did not bring ${still.join(', ')}`);
}

/** Installs moto into .cache/moto, as scripts/setup-moto.mjs does. */
export async function moto({ requireAll }) {
  const { code, output } = await runNode(['scripts/setup-moto.mjs'], { timeoutSeconds: 300 });
  if (code === 0) return done();
  return requireAll ? failed(output) : skipped(output.trim());
}

function missingPrograms() {
  const programs = JSON.parse(readFileSync(inRoot('test/desktop/programs.json'), 'utf8'));
  // What is no program, like a module of Python, says how to look for it.
  const missing = programs.filter(
    ({ program, check }) => !runs('sh', ['-c', check ?? `command -v ${program}`]),
  );
  const venv = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  if (!runs('python3', ['-c', venv])) {
    missing.push({
      program: 'python3 with venv',
      debian: 'python3 python3-venv',
      why: 'moto, the AWS emulator that is not ours, is a Python program',
    });
  }
  return missing;
}

const runs = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
