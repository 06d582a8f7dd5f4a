/**
 * Lets Node run this project's TypeScript as it is: `node --import ./scripts/ts.mjs FILE.ts`. Node 20 cannot strip
 * types itself; the compiler that is here anyway does it, one file at a time and without checking.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Node loads this file twice: here to register it, and in the thread of the loader for the hooks below.
if (isMainThread) {
  process.setSourceMapsEnabled(true);
  register(import.meta.url);
}

const OURS = /^file:(?!.*\/node_modules\/).*\.ts$/;

/** Imports name `.js`, as the build makes them; what lies there is `.ts`. */
export async function resolve(specifier, context, next) {
  const relative = specifier.startsWith('.') && specifier.endsWith('.js');
  if (relative && OURS.test(context.parentURL ?? '')) {
    try {
      return await next(specifier.replace(/\.js$/, '.ts'), context);
    } catch (thrown) {
      if (thrown.code !== 'ERR_MODULE_NOT_FOUND') throw thrown;
    }
  }
  return next(specifier, context);
}

let compiler;

export async function load(url, context, next) {
  if (!OURS.test(url)) return next(url, context);
  compiler ??= await import('typescript');
  const ts = compiler.default;
  const { outputText } = ts.transpileModule(await readFile(fileURLToPath(url), 'utf8'), {
    fileName: fileURLToPath(url),
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  });
  return { format: 'module', shortCircuit: true, source: outputText };
}
