/** settings.json and services.yaml without the files: what a test sets is in force at once, and told. */
import { CommandError } from '../../src/core/errors.js';
import {
  type FileFault,
  type Registered,
  type RegistrationDraft,
  type Registry,
  resolveTarget,
  type SettingsSource,
} from '../../src/core/registry.js';
import type { SensorName } from '../../src/core/sensor.js';
import type { AwsSettings, SensorSettings, Settings } from '../../src/core/settings.js';
import { type TargetId, targetId } from '../../src/core/target.js';

const MINUTE = 60_000;

/** SPEC's defaults. */
export const DEFAULT_SETTINGS: Settings = {
  timeoutMs: 30 * MINUTE,
  warnMs: 60_000,
  sensors: {
    keyboard: { enabled: true, wakes: true, extendsForMs: 120 * MINUTE },
    mouse: { enabled: true, wakes: true, extendsForMs: 120 * MINUTE },
    screen: { enabled: false, wakes: false, extendsForMs: 120 * MINUTE },
    window: { enabled: true, wakes: false, extendsForMs: 120 * MINUTE },
    audio: { enabled: true, wakes: false, extendsForMs: 120 * MINUTE },
  },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
  lockMeansAway: false,
  onSuspend: 'keep',
  deadMan: { enabled: false, graceMs: 10 * MINUTE },
  team: {
    enabled: false,
    table: 'cloudnap-team',
    region: undefined,
    name: undefined,
    heartbeatMs: MINUTE,
  },
  aws: {
    regions: undefined,
    profile: undefined,
    endpointUrl: undefined,
    saveCredentials: false,
    checkIntervalMs: 5 * MINUTE,
    dryRun: false,
  },
  udp: { enabled: false, ip: '127.0.0.1', port: 20200, bufferSize: 8192 },
  dashboard: { enabled: false, port: 20201 },
  notifications: { enabled: false, quietHours: undefined },
  tray: { enabled: false },
};

class Told {
  readonly #listeners = new Set<() => void>();

  onChange(fn: () => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  protected tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Settings in the hands of a test. */
export class FakeSettings extends Told implements SettingsSource {
  #current: Settings;

  constructor(settings: Settings = DEFAULT_SETTINGS) {
    super();
    this.#current = settings;
  }

  current(): Settings {
    return this.#current;
  }

  faults(): readonly FileFault[] {
    return [];
  }

  unknownKeys(): readonly string[] {
    return [];
  }

  set(change: Partial<Settings>): void {
    this.#current = { ...this.#current, ...change };
    this.tell();
  }

  setAws(change: Partial<AwsSettings>): void {
    this.set({ aws: { ...this.#current.aws, ...change } });
  }

  setSensor(sensor: SensorName, change: Partial<SensorSettings>): void {
    const { sensors } = this.#current;
    this.set({ sensors: { ...sensors, [sensor]: { ...sensors[sensor], ...change } } });
  }
}

/** A registry in the hands of a test. */
export class FakeRegistry extends Told implements Registry {
  #entries: readonly Registered[] = [];

  constructor(entries: readonly Registered[] = []) {
    super();
    this.#entries = entries;
  }

  current(): readonly Registered[] {
    return this.#entries;
  }

  faults(): readonly FileFault[] {
    return [];
  }

  async add(draft: RegistrationDraft): Promise<Registered> {
    const id = targetId(draft.target);
    if (this.#entries.some((entry) => entry.id === id))
      throw new CommandError('ALREADY_REGISTERED', `${id} is registered already`);
    const added = registered(draft, this.#entries);
    this.edit([...this.#entries, added]);
    return added;
  }

  async remove(id: TargetId): Promise<Registered> {
    const found = this.#entries.find((entry) => entry.id === id);
    if (!found) throw new CommandError('NOT_REGISTERED', `${id} is not registered`);
    if (this.#entries.some((entry) => entry.dependsOn.includes(id)))
      throw new CommandError('REFUSED', `another service depends on ${id}`);
    this.edit(this.#entries.filter((entry) => entry.id !== id));
    return found;
  }

  /** Somebody saves the file with an editor. */
  edit(entries: readonly Registered[]): void {
    this.#entries = entries;
    this.tell();
  }
}

/** A registry entry as the file would make it. */
export function registered(draft: RegistrationDraft, others: readonly Registered[] = []): Registered {
  return {
    id: targetId(draft.target),
    target: draft.target,
    name: draft.name,
    description: draft.description,
    enabled: draft.enabled ?? true,
    timeoutMs: draft.timeoutMinutes === undefined ? undefined : draft.timeoutMinutes * MINUTE,
    dependsOn: (draft.dependsOn ?? []).map((name) => targetId(resolveTarget(name, others))),
    desired: draft.desired,
    autoscalerOurs: draft.autoscaler === 'ours',
    shared: draft.shared ?? false,
  };
}
