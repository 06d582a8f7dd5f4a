/** A desk over a fake control, with settings held in memory. */
import type { Control } from '../../src/core/control.js';
import type { Desk, SettingView } from '../../src/core/desk.js';
import { CommandError } from '../../src/core/errors.js';

export function fakeDesk(control: Control): Desk {
  const settings = new Map<string, SettingView>(
    [
      { key: 'aws.dry_run', value: false, unit: undefined },
      { key: 'aws.profile', value: null, unit: undefined },
      { key: 'activity_monitor.inactivity_timeout_minutes', value: 30, unit: 'minutes' },
    ].map((setting) => [
      setting.key,
      { ...setting, default: setting.value, source: 'default', meaning: `What ${setting.key} means.` },
    ]),
  );
  return {
    control,
    settings: {
      read: async () => ({ settings: [...settings.values()], faults: [], unknownKeys: [] }),
      change: async (key, value) => {
        const setting = settings.get(key);
        if (!setting) throw new CommandError('BAD_REQUEST', `settings.json has no key "${key}"`);
        const changed: SettingView = { ...setting, value, source: 'file' };
        settings.set(key, changed);
        return changed;
      },
    },
  };
}
