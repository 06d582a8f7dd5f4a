/**
 * Makes node_modules what package-lock.json says. npm notes what it installed in node_modules/.package-lock.json, as
 * its last act, so comparing the two tells a stale or a cut-short install from a good one in a few milliseconds.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from './failure.mjs';
import { inRoot } from './root.mjs';
import { run, runNode } from './run.mjs';

/**
 * Not `npm ci`: it refuses a lock file that lacks the binaries of a platform which the registry it was written from did
 * not have, on every platform. `--no-save` keeps to the locked versions and never writes the lock file, either.
 * Development dependencies build and test the clone, whatever NODE_ENV says.
 */
const INSTALL = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the dependencies if node_modules is missing or is not what package-lock.json says. */
export async function installDependencies() {
  const manifest = readJson('package.json');
  requireNode(manifest.engines.node.replace('>=', ''));
  const locked = readJson('package-lock.json').packages;
  for (const group of ['dependencies', 'devDependencies']) {
    if (isDeepStrictEqual(manifest[group], locked[''][group])) continue;
    throw new Failure(`The ${group} in package.json are not those in package-lock.json. Run: npm install`);
  }
  const reason = whyStale(locked);
  if (!reason) return;
  console.error(`Installing the dependencies (${reason}) …`);
  // npm names itself to what it runs; elsewhere it is on the PATH.
  const npm = process.env.npm_execpath;
  const { code, output } = npm?.endsWith('.js')
    ? await runNode([npm, ...INSTALL])
    : await run('npm', INSTALL);
  const still = whyStale(locked);
  if (code === 0 && !still) return;
  const problem = code === 0 ? `left it so that ${still}` : `failed with exit code ${code}`;
  throw new Failure(`${output}\n"npm ${INSTALL.join(' ')}" ${problem}.`);
}

/** Fails, naming the version that is needed, on an older Node. */
function requireNode(needed) {
  const numbers = (version) => version.split('.').map(Number);
  const [have, want] = [numbers(process.versions.node), numbers(needed)];
  const at = have.findIndex((number, index) => number !== want[index]);
  if (at < 0 || have[at] > want[at]) return;
  throw new Failure(
    `Cloudnap needs Node ${needed} or newer; this is ${process.versions.node} (https://nodejs.org).`,
  );
}

/** Why node_modules is not what the lock file says, or undefined if it is. */
function whyStale(locked) {
  let there;
  try {
    there = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return 'node_modules is missing or incomplete';
  }
  for (const [path, { version, optional }] of Object.entries(locked)) {
    // The root itself has an empty path. npm leaves optional packages out on machines they are not for.
    if (path === '' || (optional && !there[path])) continue;
    if (there[path]?.version !== version) return `${path} is not ${version}`;
  }
  return undefined;
}

const readJson = (path) => JSON.parse(readFileSync(inRoot(path), 'utf8'));
