/** From the text of settings.json to checked settings in the file's own words, or to faults with their places. */
import { type Checked, check, valueAt } from './check.js';
import { JsonFault, type JsonNode, locatedJson, parseJson } from './json-source.js';
import { faultMaker, type Path } from './place.js';
import { type SettingsJson, settingsSchema } from './settings-schema.js';

/** Checked settings, and the tree they came from for whoever edits it. */
export interface SettingsRead extends Checked<SettingsJson> {
  readonly root: JsonNode | undefined;
}

/** Judges a text of settings.json; `undefined` for no file. Never throws. */
export function readSettings(file: string, text: string | undefined): SettingsRead {
  const nothing = { data: undefined, unknownKeys: [], root: undefined };
  const faults = faultMaker(file, text ?? '');
  if (text === undefined || text.trim() === '') {
    const found = text === undefined ? 'no file' : 'an empty file';
    const cure = 'put the settings back, or delete the file and start Cloudnap again to get the defaults';
    return { ...nothing, faults: [faults.whole(`found ${found}, expected settings in { }: ${cure}`)] };
  }
  try {
    const root = parseJson(text);
    return { ...check(settingsSchema, locatedJson(text, root), faults, defaultCure), root };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { ...nothing, faults: [faults.at(error.offset, error.path, error.message)] };
  }
}

/** Every key of settings.json has a default to go back to. */
function defaultCure(path: Path): string {
  const fallback = valueAt(settingsSchema.parse({}), path);
  return fallback === undefined || typeof fallback === 'object'
    ? 'correct it or delete the key'
    : `correct it, or delete the key for the default, ${JSON.stringify(fallback)}`;
}
