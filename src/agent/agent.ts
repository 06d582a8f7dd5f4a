/**
 * The loop: it takes in what the senses, the files and the clock say, keeps the leases, gives warnings, and sends
 * the attendant to every target that has something coming. It sleeps until the next instant at which anything
 * can change by itself; nothing is polled but AWS, seldom.
 */
import type { Control } from '../core/control.js';
import { LedgerError, messageOf } from '../core/errors.js';
import { type Clock, type Instant, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import type { Logger } from '../core/logger.js';
import { isRefused } from '../core/plan.js';
import { isWaking } from '../core/presence.js';
import { describeFault, type FileFault, type Registry, type SettingsSource } from '../core/registry.js';
import { type Activity, SENSORS, type Senses, type SensorHealth, type SensorName } from '../core/sensor.js';
import type { AwsSession } from '../core/session.js';
import type { SessionSignals } from '../core/session-signals.js';
import type { Settings } from '../core/settings.js';
import type { TargetId } from '../core/target.js';
import { Accounts } from './accounts.js';
import { Attendant } from './attendant.js';
import { Commands } from './commands.js';
import { Journal } from './journal.js';
import { LeaseBook, minutes, type Standing } from './lease-book.js';
import { MachineWatch } from './machine-watch.js';
import { isUp, Sightings } from './sightings.js';

/** The loop wakes at least this often, to notice that the machine has slept. */
const HEARTBEAT_MS = 20_000;
/** How often it is looked whether the account is signed in that something is to be restored in. */
const SIGN_IN_MS = 15_000;
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
  readonly #attendant: Attendant;
  readonly #machine: MachineWatch;
  readonly #commands: Commands;
  readonly #ending = new AbortController();
  readonly #unsubscribe: (() => void)[] = [];
  #state: 'new' | 'running' | 'stopping' = 'new';
  /** Whether settings.json has been readable since the start. */
  #configured: boolean;
  /** Whether every sensor has been started once; before, presence is not told. */
  #sensing = false;
  #ended: Promise<void> | undefined;
  #onShutdown: () => void = () => {};
  /** The turn under way, and whether another is asked for. */
  #turn: Promise<void> | undefined;
  #again = false;
  /** The turn under way is reading the senses: what they tell is acted on by that very turn. */
  #isReading = false;
  #cancelTimer: () => void = () => {};
  #lastTurn: Instant;
  /** When the real states were last read because of the time that had gone by, and when they will be. */
  #checkedAt: number;
  #nextCheckAt: number;
  #shownPresence: { state: ReturnType<LeaseBook['state']>; since: number } | undefined;
  #settings: Settings;

  /** @throws LedgerError when what is owed cannot be read; hand in an unreadable ledger then. */
  constructor(ports: AgentPorts) {
    this.#ports = ports;
    const { clock, ledger, session } = ports;
    const registered = () => ports.registry.current();
    this.#settings = ports.settings.current();
    this.#configured = ports.settings.faults().length === 0;
    this.#lastTurn = clock.now();
    this.#checkedAt = this.#lastTurn.boot;
    this.#nextCheckAt = this.#lastTurn.boot;
    this.#journal = new Journal({
      ...ports,
      nameOf: (id) => registered().find((entry) => entry.id === id)?.name ?? id,
    });
    const journal = this.#journal;
    this.#book = new LeaseBook({
      clock,
      ledger,
      settings: () => this.#settings,
      registered,
      configured: () => this.#configured,
    });
    this.#accounts = new Accounts({
      session,
      ledger,
      journal,
      anyRegistered: () => registered().length > 0,
      entries: () => this.#attendant.entries(),
      switched: () => this.#checkNow(),
    });
    this.#sightings = new Sightings({ clock, ledger, journal, driver: (kind) => session.driver(kind) });
    this.#attendant = new Attendant({
      clock,
      ledger,
      session,
      journal,
      accounts: this.#accounts,
      sightings: this.#sightings,
      registered,
      standings: () => this.#standings(),
      presenceUnknown: () => this.#book.state() === 'unknown',
      dryRun: () => this.#settings.aws.dryRun,
      restMs: () => this.#settings.aws.checkIntervalMs,
      random: ports.random,
      changed: () => this.#wake(),
    });
    this.#machine = new MachineWatch(ports.signals);
    this.#commands = new Commands({
      clock,
      ledger,
      session,
      journal,
      accounts: this.#accounts,
      sightings: this.#sightings,
      attendant: this.#attendant,
      book: this.#book,
      machine: this.#machine,
      registry: ports.registry,
      settingsSource: ports.settings,
      settings: () => this.#settings,
      version: ports.version,
      presenceSince: () => this.#shownPresence?.since ?? clock.now().wall,
      startedAt: this.#lastTurn,
      readSenses: () => this.#readSenses(),
      standings: () => this.#standings(),
      changed: () => this.#wake(),
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
    this.#showFaults();
    await senses.start(sensesSettings(this.#settings), {
      activity: (activity) => this.#activity(activity),
      health: (sensor, health) => this.#health(sensor, health),
    });
    await this.#machine.start();
    this.#sensing = true;
    this.#showPresence();
    for (const entry of this.#attendant.entries()) this.#attendant.lookNow(entry.targetId);
    this.#wake();
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
    this.#cancelTimer();
    for (const end of this.#unsubscribe) end();
    const cancelFarewell = this.#ports.clock.after(FAREWELL_MS, () =>
      this.#ending.abort(new Error('shutting down')),
    );
    await this.#turn;
    await this.#attendant.settled();
    cancelFarewell();
    this.#ending.abort(new Error('shutting down'));
    await this.#ports.senses.stop();
    await this.#machine.stop();
    this.#journal.flush();
  }

  #activity(activity: Activity): void {
    if (this.#state !== 'running') return;
    const { waking, counts } = this.#book.activity(activity);
    if (waking) {
      this.#sightings.unguard(counts);
      const called = this.#attendant.call(
        (entry) => entry.by === 'lease' && counts(entry.targetId),
        `somebody is back (${activity.sensor})`,
      );
      // Somebody who is back will be away again: the timer, set while nobody was there, knows of no such instant.
      const isBack = this.#showPresence();
      if ((called.length > 0 || isBack) && !this.#isReading) this.#wake();
    }
    if (this.#book.anyWarning() && !this.#isReading) this.#wake();
  }

  #health(sensor: SensorName, health: SensorHealth): void {
    this.#book.health(sensor, health);
    const unwell = health.state === 'unavailable' && isWaking(sensor, this.#settings.sensors);
    this.#journal.stand(
      `sensor:${sensor}`,
      unwell ? `The ${sensor} cannot be watched: ${health.reason}` : undefined,
      unwell ? health.cure : undefined,
    );
    if (!this.#sensing) return;
    this.#showPresence();
    this.#wake();
  }

  #registryChanged(): void {
    this.#book.followRegistry();
    this.#showFaults();
    this.#accounts.follow();
    this.#nextCheckAt = this.#ports.clock.now().boot;
    this.#wake();
  }

  #settingsChanged(): void {
    this.#showFaults();
    const before = this.#settings;
    this.#settings = this.#ports.settings.current();
    this.#configured ||= this.#ports.settings.faults().length === 0;
    this.#book.followKnown();
    this.#showPresence();
    if (JSON.stringify(before) === JSON.stringify(this.#settings)) return;
    this.#journal.tell('settings', 'Changed settings are in force; warnings stand anew.');
    this.#book.resetWarnings();
    if (JSON.stringify(before.aws) !== JSON.stringify(this.#settings.aws)) {
      this.#ports.session.configure(this.#settings.aws);
      this.#nextCheckAt = this.#ports.clock.now().boot;
    }
    void this.#ports.senses.configure(sensesSettings(this.#settings)).then(() => {
      for (const sensor of SENSORS) {
        const health = this.#book.presence.health[sensor];
        if (health) this.#health(sensor, health);
      }
    });
    this.#book.followKnown();
    this.#showPresence();
    this.#wake();
  }

  #showFaults(): void {
    const say = (source: { faults(): readonly FileFault[] }) => {
      const faults = source.faults();
      return faults.length === 0 ? undefined : faults.map(describeFault).join('; ');
    };
    const hint = 'The last good version stays in force until the file is mended.';
    this.#journal.stand('settings-file', say(this.#ports.settings), hint);
    this.#journal.stand('services-file', say(this.#ports.registry), hint);
    const { lockMeansAway, onSuspend } = this.#ports.settings.current();
    this.#journal.stand(
      'not-yet',
      lockMeansAway || onSuspend === 'nap'
        ? 'lock_means_away and on_suspend have no effect: this version cannot tell a locked or a suspending session.'
        : undefined,
      'Everything else goes on; services nap by inactivity.',
    );
  }

  /**
   * Tells a change of presence. Called wherever one may have come about, so that it is told at once. Returns
   * whether there was one.
   */
  #showPresence(): boolean {
    const state = this.#book.state();
    if (this.#shownPresence?.state === state) return false;
    const now = this.#ports.clock.now().wall;
    this.#shownPresence = { state, since: now };
    this.#journal.stand(
      'presence-unknown',
      state === 'unknown' ? `${this.#configured ? NO_SENSOR : NO_SETTINGS}: nothing is napped.` : undefined,
      this.#configured
        ? 'Run "cloudnap doctor" to see what each sensor needs.'
        : 'Mend settings.json; then every service gets one full timeout.',
    );
    this.#journal.tell('presence', PRESENCE_TEXT[state]);
    return true;
  }

  /** Asks for a turn of the loop as soon as possible. */
  #wake(): void {
    if (this.#state !== 'running' || !this.#sensing) return;
    if (this.#turn !== undefined) {
      this.#again = true;
      return;
    }
    this.#cancelTimer();
    this.#turn = this.#turns().finally(() => {
      this.#turn = undefined;
      if (this.#again) {
        this.#again = false;
        this.#wake();
      } else this.#setTimer();
    });
  }

  async #turns(): Promise<void> {
    try {
      await this.#oneTurn();
    } catch (thrown) {
      // A fault of ours must not end the daemon: it is shown, and the next turn starts from what is.
      this.#journal.raise(
        'internal',
        `An internal error: ${messageOf(thrown)}`,
        'Please report it with the log.',
      );
      this.#ports.log.error('a turn of the loop failed', { error: thrown });
    }
    this.#journal.flush();
  }

  async #oneTurn(): Promise<void> {
    const { clock } = this.#ports;
    const now = clock.now();
    const slept = sleptBetween(this.#lastTurn, now);
    this.#lastTurn = now;
    if (slept > NOTICEABLE_SLEEP_MS) {
      this.#journal.tell('woke', `The machine slept for ${minutes(slept)}: time asleep counts as absence.`);
      this.#book.resetWarnings();
      this.#nextCheckAt = now.boot;
      await this.#readForTurn();
    }
    this.#endHolds();
    this.#showOwed();
    await this.#warn();
    this.#showPresence();
    if (sleptBetween(now, clock.now()) > NOTICEABLE_SLEEP_MS) {
      // It slept while the senses were read: nothing this turn has found may be acted on.
      this.#again = true;
      return;
    }
    this.#check();
    if (this.#state === 'running') this.#attendant.attendDue(this.#ending.signal);
  }

  /** What naps stays so while dry_run is on: that must not be overlooked. */
  #showOwed(): void {
    const owed = this.#settings.aws.dryRun ? this.#attendant.entries().map((entry) => entry.targetId) : [];
    this.#journal.stand(
      'dry-run-owed',
      owed.length > 0 ? `dry_run is on while ${owed.join(', ')} wait to be restored.` : undefined,
      'Nothing is changed in AWS, restores included, until aws.dry_run is false again.',
    );
  }

  #endHolds(): void {
    try {
      for (const hold of this.#book.removeHolds((hold) => this.#book.isOver(hold)))
        this.#journal.tell(
          'hold-ended',
          `The hold by ${hold.askedBy} on ${hold.targetId ?? 'everything'} is over.`,
        );
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#journal.ledgerFailed(thrown);
    }
  }

  /** Gives the warnings that have come due and takes back those whose reason is gone; sends those on that may nap. */
  async #warn(): Promise<void> {
    // A run of activity is told at its begin and its end only: look before saying that nobody is there.
    const isLeaving = this.#shownPresence?.state === 'present' && this.#book.state() === 'away';
    if (isLeaving || this.#approaching(this.#standings()).length > 0) await this.#readForTurn();
    if (this.#state !== 'running') return;
    const standings = this.#standings();
    const now = this.#ports.clock.now().boot;
    const approaching = new Set(this.#approaching(standings));
    for (const standing of standings.values()) {
      const { id } = standing;
      if (approaching.has(id) && standing.warnedAt === undefined && standing.due === undefined) {
        this.#book.warn(id);
        this.#attendant.freshen(id);
        const at = Math.max(standing.expiresAt, now + standing.warnMs);
        this.#journal.tell(
          'warning',
          `${this.#journal.nameOf(id)} naps in ${minutes(at - now)} unless somebody is there.`,
          {
            targetId: id,
          },
        );
      } else if (!approaching.has(id) && standing.warnedAt !== undefined) {
        this.#book.withdraw(id);
        if (standing.wantedBy !== undefined && !this.#attendant.entryOf(id))
          this.#journal.tell(
            'warning-withdrawn',
            `${this.#journal.nameOf(id)} does not nap now: ${standing.wantedBy}.`,
            {
              targetId: id,
            },
          );
      }
    }
    for (const { id, due } of this.#standings().values())
      if (due !== undefined && this.#mayNeedNap(id)) this.#attendant.lookSoon(id);
  }

  /** Targets whose lease has come within its warning and that have something to nap. */
  #approaching(standings: ReadonlyMap<TargetId, Standing>): readonly TargetId[] {
    if (this.#book.state() === 'unknown') return [];
    const now = this.#ports.clock.now().boot;
    return [...standings.values()]
      .filter((standing) => now >= standing.expiresAt - standing.warnMs && this.#mayNeedNap(standing.id))
      .map((standing) => standing.id);
  }

  /** Whether a nap of this target could come to anything, as far as is known without asking AWS. */
  #mayNeedNap(id: TargetId): boolean {
    const entry = this.#attendant.entryOf(id);
    if (entry && entry.account !== this.#accounts.known()) return false;
    if (entry) return entry.phase === 'restoring' || (entry.phase === 'napping' && entry.by === 'lease');
    const last = this.#attendant.lastStep(id);
    if (!last) return false;
    const account = this.#accounts.known();
    if (account === undefined || account !== this.#accounts.pinned()) return false;
    if (this.#sightings.isGuarded(id, account)) return false;
    const registered = this.#ports.registry.current().find((known) => known.id === id);
    return isUp(last.observed) && !isRefused(last.observed, registered?.autoscalerOurs ?? false);
  }

  /** Reads the real states once in a while. */
  #check(): void {
    const now = this.#ports.clock.now().boot;
    if (now < this.#checkAt()) return;
    this.#checkedAt = now;
    if (now < this.#nextCheckAt) {
      this.#askWhoIsSignedIn();
      return;
    }
    this.#nextCheckAt = now + this.#settings.aws.checkIntervalMs;
    const ids = [
      ...this.#ports.registry.current().map((entry) => entry.id),
      ...this.#attendant.entries().map((entry) => entry.targetId),
    ];
    for (const id of ids) {
      this.#attendant.freshen(id);
      this.#attendant.lookSoon(id);
    }
  }

  /** Asks nothing of AWS but who we are; that it is somebody else by now is told by `switched`. */
  #askWhoIsSignedIn(): void {
    // Rejected only when aborted by the end of the daemon.
    this.#accounts.current(this.#ending.signal).catch(() => {});
  }

  /** Has the real states read as soon as possible. */
  #checkNow(): void {
    this.#nextCheckAt = this.#ports.clock.now().boot;
    this.#wake();
  }

  /** Sooner where something is to be restored in another account: its owner waits, and may sign in any moment. */
  #checkAt(): number {
    const account = this.#accounts.known();
    const isAwaited = this.#attendant.entries().some((open) => open.calledBy && open.account !== account);
    return isAwaited ? Math.min(this.#nextCheckAt, this.#checkedAt + SIGN_IN_MS) : this.#nextCheckAt;
  }

  #setTimer(): void {
    if (this.#state !== 'running') return;
    let next = Math.min(this.#checkAt(), this.#attendant.nextLookAt());
    // One that has gone by since the last turn looked at its clock is still to be acted on.
    const seen = this.#lastTurn.boot;
    for (const at of this.#book.deadlines(this.#standings())) if (at > seen) next = Math.min(next, at);
    this.#beat(next);
  }

  /** Sleeps until `next`. A heartbeat before costs a turn only when the machine has slept or events are unwritten. */
  #beat(next: number): void {
    const { clock } = this.#ports;
    this.#cancelTimer();
    const wait = Math.min(HEARTBEAT_MS, Math.max(0, next - clock.now().boot));
    this.#cancelTimer = clock.after(wait, () => {
      const now = clock.now();
      const hasSlept = sleptBetween(this.#lastTurn, now) > NOTICEABLE_SLEEP_MS;
      if (hasSlept || now.boot >= next || this.#journal.isBehind()) this.#wake();
      else this.#beat(next);
    });
  }

  #standings(): ReadonlyMap<TargetId, Standing> {
    return this.#book.standings(this.#accounts.known());
  }

  async #readSenses(): Promise<void> {
    await this.#ports.senses.read();
  }

  /** Reads the senses within a turn. Activity that goes on must not ask for another turn, which would read it again. */
  async #readForTurn(): Promise<void> {
    this.#isReading = true;
    try {
      await this.#readSenses();
    } finally {
      this.#isReading = false;
    }
  }
}

const NO_SENSOR = 'No sensor that could tell your return works';
const NO_SETTINGS = 'The settings could not be read since the start, so what counts as presence is not known';

const PRESENCE_TEXT = {
  present: 'Somebody is there.',
  away: 'Away: nothing has renewed presence for its timeout, or a nap was asked for.',
  locked: 'The session is locked.',
  unknown: 'Presence is unknown: nothing is napped.',
} as const;

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
