/**
 * Puts the parts of the agent together and hands on what the senses, the files and the clock say: leases are kept,
 * warnings given, and the attendant is sent to every target that has something coming. Nothing is polled but AWS,
 * seldom.
 */
import type { Control } from '../core/control.js';
import { LedgerError } from '../core/errors.js';
import { type Clock, type Instant, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import type { Logger } from '../core/logger.js';
import type { Registry, SettingsSource } from '../core/registry.js';
import { type Activity, SENSORS, type Senses, type SensorHealth, type SensorName } from '../core/sensor.js';
import type { AwsSession } from '../core/session.js';
import type { SessionSignals } from '../core/session-signals.js';
import type { Settings } from '../core/settings.js';
import { Accounts } from './accounts.js';
import { Attendant } from './attendant.js';
import { Commands } from './commands.js';
import { Conditions } from './conditions.js';
import { Drops } from './drops.js';
import { Entries } from './entries.js';
import { Journal } from './journal.js';
import { type Counted, LeaseBook, minutes } from './lease-book.js';
import { Loop } from './loop.js';
import { MachineWatch } from './machine-watch.js';
import { PresenceTeller } from './presence-teller.js';
import { Sightings } from './sightings.js';
import { StateChecks } from './state-checks.js';
import { SuspendNap } from './suspend-nap.js';
import { Warnings } from './warnings.js';

/** How long a clean end waits for calls under way. */
const FAREWELL_MS = 15_000;

/** Everything the agent needs of the world. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly session: AwsSession;
  readonly senses: Senses;
  readonly signals: SessionSignals;
  readonly registry: Registry;
  readonly settings: SettingsSource;
  readonly log: Logger;
  readonly version: string;
  /** From 0 to below 1, for jitter. */
  readonly random: () => number;
}

export class Agent {
  readonly #ports: AgentPorts;
  readonly #journal: Journal;
  readonly #book: LeaseBook;
  readonly #accounts: Accounts;
  readonly #sightings: Sightings;
  readonly #entries: Entries;
  readonly #attendant: Attendant;
  readonly #machine: MachineWatch;
  readonly #presence: PresenceTeller;
  readonly #conditions: Conditions;
  readonly #checks: StateChecks;
  readonly #warnings: Warnings;
  readonly #commands: Commands;
  readonly #loop: Loop;
  readonly #ending = new AbortController();
  readonly #unsubscribe: (() => void)[] = [];
  #state: 'new' | 'running' | 'stopping' = 'new';
  /** Whether settings.json has been readable since the start. */
  #configured: boolean;
  /** Whether every sensor has been started once; before, presence is not told. */
  #sensing = false;
  #ended: Promise<void> | undefined;
  #onShutdown: () => void = () => {};
  /** The turn under way is reading the senses: what they tell is acted on by that very turn. */
  #isReading = false;
  #settings: Settings;

  /** @throws LedgerError when what is owed cannot be read; hand in an unreadable ledger then. */
  constructor(ports: AgentPorts) {
    this.#ports = ports;
    const { clock, ledger, session, log, registry } = ports;
    const registered = () => registry.current();
    const settings = () => this.#settings;
    const configured = () => this.#configured;
    const standings = () => this.#book.standings(this.#accounts.known());
    const driver = session.driver.bind(session);
    this.#settings = ports.settings.current();
    this.#configured = ports.settings.faults().length === 0;
    const journal = new Journal({
      ...ports,
      nameOf: (id) => registered().find((entry) => entry.id === id)?.name ?? id,
    });
    const book = new LeaseBook({ clock, ledger, settings, registered, configured });
    const entries = new Entries({ clock, ledger, journal, driver });
    const accounts = new Accounts({
      session,
      ledger,
      journal,
      anyRegistered: () => registered().length > 0,
      entries: () => entries.all(),
      switched: () => {
        this.#checks.soon();
        this.#loop.wake();
      },
    });
    const sightings = new Sightings({ clock, ledger, journal, driver });
    const attendant = new Attendant({
      clock,
      session,
      journal,
      accounts,
      sightings,
      entries,
      registered,
      standings,
      presenceUnknown: () => book.state() === 'unknown',
      dryRun: () => this.#settings.aws.dryRun,
      restMs: () => this.#settings.aws.checkIntervalMs,
      random: ports.random,
      changed: () => {
        suspendNap.check();
        this.#loop.wake();
      },
    });
    const drops = new Drops({ book, attendant, registered, standings });
    const presenceChanged = () => {
      this.#presence.update();
      this.#loop.wake();
    };
    const suspendNap = new SuspendNap({
      clock,
      journal,
      settings,
      book,
      drops,
      attendant,
      changed: presenceChanged,
    });
    this.#journal = journal;
    this.#book = book;
    this.#entries = entries;
    this.#accounts = accounts;
    this.#sightings = sightings;
    this.#attendant = attendant;
    this.#presence = new PresenceTeller({ clock, journal, book, configured });
    this.#conditions = new Conditions({
      journal,
      entries,
      registry,
      settingsSource: ports.settings,
      settings,
    });
    this.#machine = new MachineWatch({
      clock,
      signals: ports.signals,
      settings,
      book,
      drops,
      suspendNap,
      attendant,
      conditions: this.#conditions,
      returned: (activity, counted) => this.#counted(activity, counted),
      changed: presenceChanged,
    });
    this.#checks = new StateChecks({
      clock,
      accounts,
      entries,
      attendant,
      registered,
      intervalMs: () => this.#settings.aws.checkIntervalMs,
    });
    this.#warnings = new Warnings({
      clock,
      journal,
      book,
      entries,
      attendant,
      standings,
    });
    this.#loop = new Loop({
      clock,
      journal,
      log,
      turn: (now, sleptMs) => this.#turn(now, sleptMs),
      nextAt: (seen) => this.#nextAt(seen),
    });
    this.#commands = new Commands({
      clock,
      ledger,
      session,
      journal,
      accounts,
      sightings,
      entries,
      attendant,
      book,
      drops,
      machine: this.#machine,
      registry,
      settingsSource: ports.settings,
      settings,
      version: ports.version,
      presenceSince: () => this.#presence.since(),
      startedAt: clock.now(),
      readSenses: () => ports.senses.read(),
      standings,
      changed: () => this.#loop.wake(),
      shutdown: () => this.#onShutdown(),
    });
  }

  /** What the doors speak to. */
  get control(): Control {
    return this.#commands;
  }

  /** The standing conditions; for what only the composition root can know of, such as a port in use. */
  get conditions(): Pick<Journal, 'raise' | 'clear'> {
    return this.#journal;
  }

  /** Begins to watch and to look after targets. Resolves when the senses have been started. */
  async start(onShutdown: () => void): Promise<void> {
    const { senses, registry, settings } = this.#ports;
    this.#onShutdown = onShutdown;
    this.#state = 'running';
    this.#journal.tell(
      'started',
      `Cloudnap ${this.#ports.version} watches; every service gets one full timeout.`,
    );
    this.#unsubscribe.push(registry.onChange(() => this.#registryChanged()));
    this.#unsubscribe.push(settings.onChange(() => this.#settingsChanged()));
    this.#conditions.files();
    await senses.start(sensesSettings(this.#settings), {
      activity: (activity) => this.#activity(activity),
      health: (sensor, health) => this.#health(sensor, health),
    });
    await this.#machine.start();
    this.#sensing = true;
    this.#presence.update();
    for (const entry of this.#entries.all()) this.#attendant.lookNow(entry.targetId);
    if (this.#state === 'running') this.#loop.start();
  }

  /** Ends cleanly: no new step is begun, those under way are waited for, the rest is in the ledger. Idempotent. */
  stop(): Promise<void> {
    this.#ended ??= this.#stop();
    return this.#ended;
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    this.#journal.tell(
      'stopping',
      'Cloudnap ends; what naps stays so until it runs again and somebody is there.',
    );
    for (const end of this.#unsubscribe) end();
    const silent = this.#machine.stop();
    const cancelFarewell = this.#ports.clock.after(FAREWELL_MS, () => this.#end());
    await this.#loop.stop();
    await this.#attendant.settled();
    cancelFarewell();
    this.#end();
    await this.#ports.senses.stop();
    await silent;
    this.#journal.flush();
  }

  /** Ends whatever is still asked of AWS. */
  #end(): void {
    this.#ending.abort(new Error('shutting down'));
    this.#attendant.abandonNaps();
  }

  #activity(activity: Activity): void {
    if (this.#state !== 'running') return;
    this.#counted(activity, this.#book.activity(activity));
  }

  /** Acts on what an activity came to. */
  #counted(activity: Activity, { waking, counts }: Counted): void {
    if (waking) {
      this.#sightings.unguard(counts);
      const called = this.#attendant.call(
        (entry) => entry.by === 'lease' && counts(entry.targetId),
        `somebody is back (${activity.sensor})`,
      );
      // Somebody who is back will be away again: the timer, set while nobody was there, knows of no such instant.
      const isBack = this.#presence.update();
      if ((called.length > 0 || isBack) && !this.#isReading) this.#loop.wake();
    }
    if (this.#book.anyWarning() && !this.#isReading) this.#loop.wake();
  }

  #health(sensor: SensorName, health: SensorHealth): void {
    this.#book.health(sensor, health);
    this.#conditions.sensor(sensor, health);
    if (!this.#sensing) return;
    this.#presence.update();
    this.#loop.wake();
  }

  #registryChanged(): void {
    this.#book.followRegistry();
    this.#conditions.files();
    this.#accounts.follow();
    this.#checks.soon();
    this.#loop.wake();
  }

  #settingsChanged(): void {
    this.#conditions.files();
    const before = this.#settings;
    this.#settings = this.#ports.settings.current();
    this.#configured ||= this.#ports.settings.faults().length === 0;
    const isChanged = JSON.stringify(before) !== JSON.stringify(this.#settings);
    // First: a lock that means away from now on drops what is in force, not what is granted by becoming known now.
    if (isChanged) this.#machine.configure();
    this.#book.followKnown();
    this.#presence.update();
    if (!isChanged) return;
    this.#journal.tell('settings', 'Changed settings are in force; warnings stand anew.');
    this.#book.resetWarnings();
    if (JSON.stringify(before.aws) !== JSON.stringify(this.#settings.aws)) {
      this.#ports.session.configure(this.#settings.aws);
      this.#checks.soon();
    }
    void this.#ports.senses.configure(sensesSettings(this.#settings)).then(() => {
      for (const sensor of SENSORS) {
        const health = this.#book.presence.health[sensor];
        if (health) this.#health(sensor, health);
      }
    });
    this.#book.followKnown();
    this.#presence.update();
    this.#loop.wake();
  }

  async #turn(now: Instant, sleptMs: number): Promise<void> {
    const { clock } = this.#ports;
    if (sleptMs > NOTICEABLE_SLEEP_MS) {
      this.#journal.tell('woke', `The machine slept for ${minutes(sleptMs)}: time asleep counts as absence.`);
      this.#machine.slept();
      this.#book.resetWarnings();
      this.#checks.soon();
      await this.#readForTurn();
    }
    if (this.#machine.isUnlocking()) {
      await this.#readForTurn();
      if (this.#machine.isUnlocking()) this.#machine.unlock();
    }
    this.#endHolds();
    this.#conditions.owed();
    // A run of activity is told at its begin and its end only: look before saying that nobody is there.
    if (this.#presence.isLeaving() || this.#warnings.isNear()) await this.#readForTurn();
    if (this.#state === 'running') this.#warnings.update();
    this.#presence.update();
    if (sleptBetween(now, clock.now()) > NOTICEABLE_SLEEP_MS) {
      // It slept while the senses were read: nothing this turn has found may be acted on.
      this.#loop.wake();
      return;
    }
    this.#checks.run(this.#ending.signal);
    if (this.#state === 'running') this.#attendant.attendDue(this.#ending.signal);
  }

  #endHolds(): void {
    try {
      for (const hold of this.#book.holds.removeOver())
        this.#journal.tell(
          'hold-ended',
          `The hold by ${hold.askedBy} on ${hold.targetId ?? 'everything'} is over.`,
        );
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#journal.ledgerFailed(thrown);
    }
  }

  #nextAt(seen: number): number {
    let next = Math.min(this.#checks.at(), this.#attendant.nextLookAt());
    const standings = this.#book.standings(this.#accounts.known());
    for (const at of this.#book.deadlines(standings)) if (at > seen) next = Math.min(next, at);
    return next;
  }

  /** Reads the senses within a turn. Activity that goes on must not ask for another turn, which would read it again. */
  async #readForTurn(): Promise<void> {
    this.#isReading = true;
    try {
      await this.#ports.senses.read();
    } finally {
      this.#isReading = false;
    }
  }
}

function sensesSettings(settings: Settings) {
  return {
    enabled: {
      keyboard: settings.sensors.keyboard.enabled,
      mouse: settings.sensors.mouse.enabled,
      screen: settings.sensors.screen.enabled,
      window: settings.sensors.window.enabled,
      audio: settings.sensors.audio.enabled,
    },
    mouseMinDistancePx: settings.mouseMinDistancePx,
    screenMinChangedPercent: settings.screenMinChangedPercent,
    screenIntervalMs: settings.screenIntervalMs,
    audioMinLevelDb: settings.audioMinLevelDb,
    audioMeasureLevel: settings.audioMeasureLevel,
  };
}
