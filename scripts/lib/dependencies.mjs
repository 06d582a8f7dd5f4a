/**
 * Makes node_modules what package-lock.json says. npm notes what it installed in node_modules/.package-lock.json, as
 * its last act, so comparing the two tells a stale or a cut-short install from a good one in a few milliseconds.
 */
import { readFileSync } from 'node:fs';
import { Failure } from './failure.mjs';
import { inRoot } from './root.mjs';
import { run, runNode } from './run.mjs';

/** Fails, naming the version that is needed, on a Node older than package.json's `engines` says. */
function requireNode() {
  const needed = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')).engines.node.replace('>=', '');
  const numbers = (version) => version.split('.').map(Number);
  const [have, want] = [numbers(process.versions.node), numbers(needed)];
  const at = have.findIndex((number, index) => number !== want[index]);
  if (at >= 0 && have[at] < want[at]) {
    throw new Failure(
      `Cloudnap needs Node ${needed} or newer; this is ${process.versions.node} (https://nodejs.org).`,
    );
  }
}

/** Runs `npm ci` if node_modules is missing or is not what package-lock.json says. */
export async function installDependencies() {
  requireNode();
  const reason = whyStale();
  if (!reason) return;
  console.error(`Installing the dependencies (${reason}) …`);
  // Development dependencies build and test the clone, whatever NODE_ENV says.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm names itself to what it runs; elsewhere it is on the PATH (as npm.cmd on Windows, which only a shell starts).
  const npm = process.env.npm_execpath;
  const { code, output } = npm?.endsWith('.js')
    ? await runNode([npm, ...args])
    : await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
  const still = whyStale();
  if (code !== 0 || still) {
    throw new Failure(
      `${output}\n"npm ${args.join(' ')}" failed (exit code ${code}${still ? `, ${still}` : ''}): see above.`,
    );
  }
}

/** Why node_modules is not what package-lock.json says, or undefined if it is. */
function whyStale() {
  const wanted = packages('package-lock.json') ?? {};
  const there = packages('node_modules/.package-lock.json');
  if (!there) return 'node_modules is missing or incomplete';
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    // The root itself has an empty path. Optional packages are left out by npm on machines they are not for.
    if (path === '' || link || (optional && !there[path])) continue;
    if (there[path]?.version !== version) return `${path} is not ${version}`;
  }
  return undefined;
}

function packages(lockFile) {
  try {
    return JSON.parse(readFileSync(inRoot(lockFile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
