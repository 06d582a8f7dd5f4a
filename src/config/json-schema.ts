/** The JSON Schemas of both config files, for completion and checking in editors, made from what checks them here. */
import { z } from 'zod';
import { servicesSchema } from './services-schema.js';
import { settingsSchema } from './settings-schema.js';

/** Each schema under its file name. `scripts/schemas.mjs` writes them into `schemas/`. */
export function configSchemas(): Readonly<Record<string, object>> {
  return {
    'settings.schema.json': schemaOf(settingsSchema, 'Cloudnap settings.json'),
    'services.schema.json': schemaOf(servicesSchema, 'Cloudnap services.yaml'),
  };
}

function schemaOf(schema: z.ZodType, title: string): object {
  // Draft 7 is what editors know best. The input form: what has a default may be left out.
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      // Ours, for the settings reference; strict validators refuse keywords they do not know.
      delete jsonSchema.unit;
    },
  });
  return { $schema, title, ...rest };
}
