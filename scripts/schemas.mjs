/** Writes schemas/: the JSON Schemas of both config files, and the OpenAPI document. Run after the build. */
import { mkdir, writeFile } from 'node:fs/promises';
import { inRoot } from './lib/root.mjs';
import { schemaTexts } from './lib/schemas.mjs';

await mkdir(inRoot('schemas'), { recursive: true });
for (const [name, text] of await schemaTexts()) {
  await writeFile(inRoot(`schemas/${name}`), text);
  console.log(`schemas/${name}`);
}
