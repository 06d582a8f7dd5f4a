/**
 * The program as a bundle: a small file for each entry, and chunks that are loaded when they are first needed.
 * Everything is bundled but what is native code. docs/decisions/0006-a-bundle-of-lazy-chunks.md says why, with numbers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { inRoot, root } from './root.mjs';

/** What is run or imported from outside: the path below dist/, without its ending, and the source. */
export const ENTRIES = {
  main: 'src/main.ts',
  // Run as a process of its own, to be killed when a keyring does not answer.
  'desktop/keyring-child': 'src/desktop/keyring-child.ts',
  // For the scripts that write and check schemas/.
  'config/json-schema': 'src/config/json-schema.ts',
  'control/openapi': 'src/control/openapi.ts',
};

/** Finds its native library beside itself in node_modules. */
const EXTERNAL = ['libsql', '@napi-rs/keyring', 'koffi'];

/**
 * Bundles src/ with all chunks in `folder` below dist/.
 *
 * @returns {Promise<{ path: string, content: string | Uint8Array }[]>} The files, by their paths below dist/.
 * @throws Failure what is wrong in the sources.
 */
export async function bundle(folder) {
  const { rolldown } = await import('rolldown');
  const warnings = [];
  let bundled;
  try {
    bundled = await rolldown({
      cwd: root,
      input: ENTRIES,
      platform: 'node',
      external: EXTERNAL,
      // Many packages ship ES modules and CommonJS: only of the former can the unused be left out.
      resolve: { mainFields: ['module', 'main'] },
      transform: { target: 'node20.19' },
      onLog: (level, log) => {
        if (level === 'warn') warnings.push(log.message);
      },
    });
    const { output } = await bundled.generate({
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: `${folder}/[name].js`,
      // Names and lines stay, so that a stack trace in the log can be read as it is; the maps lead on to src/.
      sourcemap: true,
      sourcemapExcludeSources: true,
      minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
      comments: { legal: true, annotation: false, jsdoc: false },
    });
    // An import that leads nowhere is only a warning: it would fail when its chunk is first needed.
    if (warnings.length > 0) throw new Failure(warnings.join('\n'));
    const program = output.map((file) => ({
      path: file.fileName,
      content: file.type === 'chunk' ? file.code : file.source,
    }));
    const description = {
      path: `${folder}/openapi.json`,
      content: readFileSync(inRoot('schemas/openapi.json')),
    };
    return [...program, description, ...(await page(`${folder}/web`))];
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(error.message);
  } finally {
    await bundled?.close();
  }
}

/** The dashboard's page, whose files lie in `folder` beside the chunks of the same build. */
async function page(folder) {
  const { build } = await import('vite');
  const written = await build({ configFile: inRoot('web/vite.config.mjs'), build: { write: false } });
  const assets = inRoot('web/public/assets');
  const copied = readdirSync(assets).map((name) => ({
    path: `${folder}/assets/${name}`,
    content: readFileSync(join(assets, name)),
  }));
  const made = written.output.map((file) => ({
    path: `${folder}/${file.fileName}`,
    content: file.type === 'chunk' ? file.code : file.source,
  }));
  return [...made, ...copied];
}
