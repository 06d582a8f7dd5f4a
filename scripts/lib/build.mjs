/**
 * Turns src/ into dist/, one file into one file, only where something changed. TypeScript strips the types and
 * nothing else (`isolatedModules` and `erasableSyntaxOnly` make that sound); they are checked once, by `npm run check`
 * and `npm test`. docs/decisions/0006-build-without-bundling.md has the numbers.
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
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Failure } from './failure.mjs';
import { inRoot, root } from './root.mjs';

const src = inRoot('src');
const dist = inRoot('dist');

/** Builds what is not fresh and removes what has no source any more. Resolves to how many files were written. */
export async function build() {
  const sources = files(src).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  const toolchain = ['tsconfig.json', 'node_modules/typescript/package.json', 'scripts/lib/build.mjs'].map(
    (path) => readFileSync(inRoot(path)),
  );
  const stale = sources
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8');
      return { path, text, origin: `// built from ${digest([...toolchain, text])}\n` };
    })
    .filter(({ path, origin }) => !isBuilt(join(dist, outputOf(path)), origin));
  if (stale.length > 0) await emit(stale);
  removeOrphans(new Set(sources.map(outputOf)));
  chmodSync(inRoot('bin/cloudnap'), 0o755);
  return stale.length;
}

/** Each output ends with what it was made from, so two builds at a time cannot leave a stale file that looks fresh. */
function isBuilt(output, origin) {
  try {
    return readFileSync(output, 'utf8').endsWith(origin);
  } catch {
    return false;
  }
}

async function emit(stale) {
  const { default: ts } = await import('typescript');
  const { config, error } = ts.readConfigFile(inRoot('tsconfig.json'), ts.sys.readFile);
  if (error) throw new Failure(describe(ts, [error]));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  // NodeNext asks package.json whether a file is an ES module; a file on its own has none to ask, and ours all are.
  const module = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const mistakes = [];
  for (const { path, text, origin } of stale) {
    const fileName = join(src, path);
    const { outputText, sourceMapText, diagnostics } = ts.transpileModule(text, {
      fileName,
      compilerOptions: { ...options, ...module },
      reportDiagnostics: true,
    });
    if (diagnostics?.length) {
      mistakes.push(...diagnostics);
      continue;
    }
    const output = join(dist, outputOf(path));
    mkdirSync(dirname(output), { recursive: true });
    if (sourceMapText) {
      // Alone with one file, TypeScript cannot know where dist lies from src.
      const map = { ...JSON.parse(sourceMapText), sources: [toUrlPath(relative(dirname(output), fileName))] };
      replace(`${output}.map`, JSON.stringify(map));
    }
    replace(output, `${outputText}\n${origin}`);
  }
  if (mistakes.length > 0) throw new Failure(describe(ts, mistakes));
}

function describe(ts, diagnostics) {
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  });
}

/** Removes what a source that is gone has left in dist: it would still be found by whoever imports it. */
function removeOrphans(outputs) {
  if (!existsSync(dist)) return;
  for (const path of files(dist)) {
    const isModule = /\.js(\.map)?$/.test(path);
    if (isModule && !outputs.has(path.replace(/\.map$/, ''))) rmSync(join(dist, path), { force: true });
  }
}

/** Every file below a folder, as paths relative to it. */
function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Writes in one move: a program that is running meanwhile never loads half a file. */
function replace(file, text) {
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, text);
  renameSync(next, file);
}

const outputOf = (path) => path.replace(/\.ts$/, '.js');
const toUrlPath = (path) => path.split(sep).join('/');

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64url');
}
