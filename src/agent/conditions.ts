/** The conditions that stand because of what surrounds the daemon: its files, sensors and signals, dry_run. */
import { isWaking } from '../core/presence.js';
import { describeFault, type FileFault, type Registry, type SettingsSource } from '../core/registry.js';
import type { SensorHealth, SensorName } from '../core/sensor.js';
import type { SignalName } from '../core/session-signals.js';
import type { Settings } from '../core/settings.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';

/** The setting that needs a signal. */
const ASKED_BY: Readonly<Record<SignalName, string>> = {
  lock: 'lock_means_away',
  suspend: 'on_suspend: nap',
};

export interface ConditionsPorts {
  readonly journal: Journal;
  readonly entries: Entries;
  readonly registry: Pick<Registry, 'faults'>;
  readonly settingsSource: Pick<SettingsSource, 'faults'>;
  readonly settings: () => Settings;
}

export class Conditions {
  readonly #ports: ConditionsPorts;

  constructor(ports: ConditionsPorts) {
    this.#ports = ports;
  }

  /** A config file is broken, or no longer. */
  files(): void {
    const { journal, registry, settingsSource } = this.#ports;
    const hint = 'The last good version stays in force until the file is mended.';
    journal.stand('settings-file', inWords(settingsSource.faults()), hint);
    journal.stand('services-file', inWords(registry.faults()), hint);
  }

  /** A sensor that could tell a return does not work, or does again. */
  sensor(sensor: SensorName, health: SensorHealth): void {
    const { journal, settings } = this.#ports;
    const unwell = health.state === 'unavailable' && isWaking(sensor, settings().sensors);
    journal.stand(
      `sensor:${sensor}`,
      unwell ? `The ${sensor} cannot be watched: ${health.reason}` : undefined,
      unwell ? health.cure : undefined,
    );
  }

  /** A signal that a setting asks for cannot be had, or can again. */
  signal(signal: SignalName, health: SensorHealth): void {
    const { journal, settings } = this.#ports;
    const unwell = asksFor(signal, settings()) && health.state === 'unavailable';
    journal.stand(
      `signal:${signal}`,
      unwell ? `${ASKED_BY[signal]} has no effect: ${health.reason}` : undefined,
      unwell ? health.cure : undefined,
    );
  }

  /** What naps stays so while dry_run is on: that must not be overlooked. */
  owed(): void {
    const { entries, journal, settings } = this.#ports;
    const owed = settings().aws.dryRun ? entries.all().map((entry) => entry.targetId) : [];
    journal.stand(
      'dry-run-owed',
      owed.length > 0 ? `dry_run is on while ${owed.join(', ')} wait to be restored.` : undefined,
      'Nothing is changed in AWS, restores included, until aws.dry_run is false again.',
    );
  }
}

/** Whether a setting has no effect without this signal. */
export function asksFor(signal: SignalName, settings: Settings): boolean {
  return signal === 'lock' ? settings.lockMeansAway : settings.onSuspend === 'nap';
}

function inWords(faults: readonly FileFault[]): string | undefined {
  return faults.length === 0 ? undefined : faults.map(describeFault).join('; ');
}
