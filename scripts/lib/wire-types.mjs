/**
 * The types of the wire as JSON Schema, with their comments: read from src/control/wire.ts and wire-desk.ts, so that
 * what an operation answers is written down once.
 */
import { createGenerator } from 'ts-json-schema-generator';
import { inRoot } from './root.mjs';

/** What stands in the document beside the operations' own types. */
const OTHERS = ['WireEvent', 'WireFailure', 'WireInvitation'];

/** @returns What `openApi` of src/control/openapi.ts is given. Takes a second. */
export function wireTypes() {
  const generator = createGenerator({
    path: inRoot('src/control/wire*.ts'),
    tsconfig: inRoot('tsconfig.json'),
    // They are checked by the check of that name.
    skipTypeCheck: true,
    expose: 'export',
    topRef: false,
    // Answers may gain fields: no reader may refuse those it does not know.
    additionalProperties: true,
  });
  const operations = {};
  const schemas = {};
  for (const table of ['Operations', 'DeskOperations']) {
    const { properties, definitions } = placed(generator.createSchema(table));
    Object.assign(schemas, definitions);
    for (const [name, { description, properties: types }] of Object.entries(properties)) {
      operations[name] = { description, request: types.request, response: types.response };
    }
  }
  for (const name of OTHERS) {
    const { $schema, definitions, ...schema } = placed(generator.createSchema(name));
    Object.assign(schemas, definitions, { [name]: schema });
  }
  return { operations, schemas };
}

/** The same with its references as they must be in the document. */
function placed(schema) {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"#/components/schemas/'));
}
