/** Sets a key of settings.json and waits until the daemon has taken it up, for whoever goes on from there. */
import { setSetting } from '../config/settings-edit.js';
import { CommandError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { SettingsSource } from '../core/registry.js';
import type { Settings } from '../core/settings.js';

/** The file is read when it has been still for a moment. */
const LONGEST_MS = 10_000;

/**
 * Resolves when the key is on disk and in force.
 * @param has whether settings have the new value
 * @throws CommandError as `setSetting` does; REFUSED when the file is not taken up, which says what is wrong with it
 */
export async function putInForce(
  at: { readonly path: string; readonly settings: SettingsSource; readonly clock: Clock },
  [key, value]: readonly [key: string, value: unknown],
  has: (settings: Settings) => boolean,
): Promise<void> {
  const { path, settings, clock } = at;
  await setSetting(path, key, value);
  if (has(settings.current())) return;
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      cancel();
      unsubscribe();
    };
    const cancel = clock.after(LONGEST_MS, () => {
      end();
      reject(
        new CommandError('REFUSED', `${key} was written to ${path}, but is not in force`, {
          hint: 'See "cloudnap doctor" for what is wrong with the file.',
        }),
      );
    });
    const unsubscribe = settings.onChange(() => {
      if (!has(settings.current())) return;
      end();
      resolve();
    });
  });
}
