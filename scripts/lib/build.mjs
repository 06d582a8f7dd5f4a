/**
 * Brings dist/ up to date with src/, only where something changed. The bundler strips the types and nothing else
 * (`isolatedModules` and `erasableSyntaxOnly` make that sound); they are checked once, by `npm run check` and
 * `npm test`.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { bundle, ENTRIES } from './bundle.mjs';
import { inRoot, root } from './root.mjs';

const dist = inRoot('dist');
/** What decides, besides the sources, what a build comes to. */
const TOOLCHAIN = [
  'tsconfig.json',
  'package-lock.json',
  'schemas/openapi.json',
  'scripts/lib/build.mjs',
  'scripts/lib/bundle.mjs',
];
/** Builds kept: a daemon that runs may yet load chunks of the one it was started from. */
const KEPT_BUILDS = 4;
/** A build takes seconds: what is half made for longer than this is nobody's. */
const ABANDONED_MS = 600_000;

/** Builds unless dist/ is fresh. Resolves to how many files were written. */
export async function build() {
  chmodSync(inRoot('bin/cloudnap'), 0o755);
  const digest = digestOfSources();
  if (isBuilt(digest)) return 0;
  const files = await bundle(digest);
  writeAll(files, digest);
  removeOld(new Set(files.map(({ path }) => path)), digest);
  return files.length;
}

/** Each entry ends with what it was made from, so two builds at a time cannot leave a stale file that looks fresh. */
const originOf = (digest) => `\n// built from ${digest}\n`;

function isBuilt(digest) {
  try {
    return Object.keys(ENTRIES).every((entry) =>
      readFileSync(join(dist, `${entry}.js`), 'utf8').endsWith(originOf(digest)),
    );
  } catch {
    return false;
  }
}

/** All chunks are there, in a folder of this build's own, before the first entry names them. */
function writeAll(files, digest) {
  const draft = join(dist, `${digest}.${process.pid}.new`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  for (const { path, content } of files) {
    if (!path.startsWith(`${digest}/`)) continue;
    const file = join(draft, path.slice(digest.length + 1));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  try {
    renameSync(draft, join(dist, digest));
  } catch (error) {
    // One of the same sources, whole because it came to its name in one move: an earlier build's, or another's just now.
    if (!existsSync(join(dist, digest))) throw error;
    rmSync(draft, { recursive: true });
  }
  const now = new Date();
  utimesSync(join(dist, digest), now, now);
  for (const { path, content } of files) {
    if (path.startsWith(`${digest}/`)) continue;
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    replace(join(dist, path), path.endsWith('.js') ? content + originOf(digest) : content);
  }
}

/** Removes what is neither of this build nor the chunks of the last few. */
function removeOld(paths, digest) {
  const current = new Set([digest, ...[...paths].map((path) => path.split('/')[0])]);
  const others = readdirSync(dist)
    .filter((name) => !current.has(name))
    .map((name) => ({ name, writtenAt: statSync(join(dist, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.writtenAt - one.writtenAt);
  const earlier = others.filter(({ name }) => DIGEST.test(name));
  const kept = new Set([
    ...earlier.slice(0, KEPT_BUILDS - 1),
    // What another build is writing at this moment.
    ...others.filter(({ name, writtenAt }) => name.endsWith('.new') && Date.now() - writtenAt < ABANDONED_MS),
  ]);
  for (const other of others)
    if (!kept.has(other)) rmSync(join(dist, other.name), { recursive: true, force: true });
}

/** Writes in one move: a program that is started meanwhile never loads half a file. */
function replace(file, text) {
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, text);
  renameSync(next, file);
}

const DIGEST = /^[0-9a-f]{12}$/;

function digestOfSources() {
  const hash = createHash('sha256');
  const program = readdirSync(inRoot('src'), { recursive: true })
    .map((path) => join('src', path))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  const page = readdirSync(inRoot('web'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const sources = [...program, ...page].sort();
  for (const path of [...TOOLCHAIN, ...sources]) {
    hash.update(`${path}\n`);
    hash.update(readFileSync(inRoot(path)));
  }
  return hash.digest('hex').slice(0, 12);
}
