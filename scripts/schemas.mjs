/** Writes the JSON Schemas of both config files into schemas/. Run after the build: it asks the built program. */
import { mkdir, writeFile } from 'node:fs/promises';
import { configSchemas } from '../dist/config/json-schema.js';

const folder = new URL('../schemas/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(configSchemas())) {
  await writeFile(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
  console.log(`schemas/${name}`);
}
