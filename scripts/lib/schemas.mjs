/** What schemas/ holds, as the sources would write it. Asks the built program. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { inRoot } from './root.mjs';
import { wireTypes } from './wire-types.mjs';

/** @returns {Promise<Map<string, string>>} The text of each file, by its name. */
export async function schemaTexts() {
  const { configSchemas } = await built('config/json-schema.js');
  const { openApi } = await built('control/openapi.js');
  const { version } = JSON.parse(await readFile(inRoot('package.json'), 'utf8'));
  const all = { ...configSchemas(), 'openapi.json': openApi(wireTypes(), version) };
  return new Map(Object.entries(all).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
}

const built = (path) => import(pathToFileURL(inRoot(`dist/${path}`)).href);
