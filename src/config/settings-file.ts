/** settings.json as the port `SettingsSource`: read, judged, written with defaults at the first start, and watched. */
import type { SettingsSource } from '../core/registry.js';
import { type LiveFileOptions, openLiveFile } from './live-file.js';
import { readSettings } from './settings-read.js';
import { defaultSettings, defaultSettingsText, toSettings } from './settings-schema.js';

/** {@link SettingsSource} over a file; close it to stop watching. */
export interface SettingsFile extends SettingsSource {
  close(): Promise<void>;
}

/**
 * Opens settings.json. A file that is missing at the start is written with the defaults. A file that goes missing
 * or empty later is a fault like any other: the last good version stays in force, and it is not written anew,
 * because its owner may be about to put it back. Never rejects: with a broken file the defaults are in force and
 * `faults` tells.
 */
export function openSettings(options: LiveFileOptions): Promise<SettingsFile> {
  return openLiveFile(options, {
    initial: defaultSettings,
    initialText: defaultSettingsText(),
    read(text) {
      const { data, faults, unknownKeys } = readSettings(options.path, text);
      return { value: data && toSettings(data), faults, unknownKeys };
    },
  });
}
