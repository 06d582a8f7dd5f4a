/** settings.json of a test, opened as the daemon opens it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSettings } from '../../../src/config/settings-file.js';
import { folder, KeptLog, WatchedClock } from './files.js';

/** @param text what the file holds beforehand; left out, there is none */
export async function open(text?: string, mode = 0o600) {
  const home = await folder();
  const path = join(home, 'settings.json');
  if (text !== undefined) await writeFile(path, text, { mode });
  const clock = new WatchedClock();
  const log = new KeptLog();
  const settings = await openSettings({ path, clock, log });
  onTestFinished(() => settings.close());
  return { home, path, clock, log, settings };
}
