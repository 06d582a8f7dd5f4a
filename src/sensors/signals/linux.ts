/** Lock, suspend and resume on Linux: logind on the system bus, and the desktop's screen saver on the session bus. */
import type { Clock } from '../../core/instant.js';
import type { SensorHealth } from '../../core/sensor.js';
import type { SessionSignals, SignalName, SignalsSettings, SignalsSink } from '../../core/session-signals.js';
import { KeptBus } from '../../system/dbus/kept-bus.js';
import { CURE_NO_LOGIND } from '../dbus/logind.js';
import type { Backoff, SensorLog } from '../supervised.js';
import { anyOf, oneWith, type Trouble } from './health.js';
import { LockWords } from './lock-words.js';
import { type Found, LogindWatch } from './logind-watch.js';
import { followSavers } from './savers.js';
import { SleepHold } from './sleep-hold.js';

const NOT_STARTED: Trouble = { reason: 'not started', cure: 'none needed' };

const NO_LOGIND: Trouble = { reason: 'logind is not on the system bus', cure: CURE_NO_LOGIND };

const NO_SESSION: Trouble = {
  reason: 'logind knows no session of this user',
  cure: 'start Cloudnap from within the desktop session',
};

const NO_SAVER: Trouble = {
  reason: 'no screen saver is on the session bus',
  cure: "start Cloudnap from within the desktop session, and run the desktop's screen saver",
};

const CURE_NO_HOLD =
  'install systemd-inhibit (with systemd) or elogind-inhibit, and see that it may delay sleep';

export interface LinuxSignalsOptions {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly log: SensorLog;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly backoff: Backoff;
}

export class LinuxSignals implements SessionSignals {
  readonly #clock: Clock;
  readonly #log: SensorLog;
  readonly #words: LockWords;
  readonly #hold: SleepHold;
  readonly #buses: readonly KeptBus[];
  #settings: SignalsSettings = { delaySuspend: false };
  #sink: SignalsSink | undefined;
  #logind: LogindWatch | undefined;
  readonly #savers = new Set<string>();
  readonly #trouble: Record<'session' | 'sleep' | 'savers' | 'hold', Trouble> = {
    session: NOT_STARTED,
    sleep: NOT_STARTED,
    savers: NOT_STARTED,
    hold: NOT_STARTED,
  };
  readonly #told = new Map<SignalName, string>();
  /** Health is told once everything has been tried. */
  #starting = false;
  /** Counts announcements of sleep and of being awake: what an earlier one set going is over. */
  #announcement = 0;

  /** Nothing is connected to before it is started. */
  constructor(options: LinuxSignalsOptions) {
    const { clock, env } = options;
    this.#clock = clock;
    this.#log = options.log;
    this.#words = new LockWords(clock, (locked, at) => this.#sink?.locked(locked, at));
    this.#hold = new SleepHold({
      clock,
      env,
      onState: (refused) => {
        this.#trouble.hold = refused === undefined ? undefined : { reason: refused, cure: CURE_NO_HOLD };
        this.#tellHealth();
      },
    });
    this.#buses = [
      new KeptBus({
        ...options,
        bus: 'system',
        up: async (bus) => {
          this.#logind = await LogindWatch.start(bus, env, {
            found: (found) => this.#onLogind(found),
            lockedHint: (locked) => this.#words.said('LockedHint', locked),
            lockRequested: (locked) => this.#words.requested(locked),
            sleep: (begins) => this.#onSleep(begins),
          });
        },
        down: (reason, cure) => {
          this.#words.said('LockedHint', undefined);
          this.#words.requested(false);
          this.#logind = undefined;
          this.#setLogind({ reason, cure }, { reason, cure });
        },
      }),
      new KeptBus({
        ...options,
        bus: 'session',
        up: (bus) => followSavers(bus, (saver, active) => this.#onSaver(saver, active)),
        down: (reason, cure) => {
          for (const saver of [...this.#savers]) this.#onSaver(saver, undefined);
          this.#trouble.savers = { reason, cure };
          this.#tellHealth();
        },
      }),
    ];
  }

  async start(settings: SignalsSettings, sink: SignalsSink): Promise<void> {
    this.#settings = settings;
    this.#sink = sink;
    this.#starting = true;
    await Promise.all(this.#buses.map((bus) => bus.start()));
    await this.#seeToHold();
    this.#starting = false;
    this.#tellHealth();
  }

  async configure(settings: SignalsSettings): Promise<void> {
    this.#settings = settings;
    await this.#seeToHold();
    this.#tellHealth();
  }

  async stop(): Promise<void> {
    this.#sink = undefined;
    this.#announcement += 1;
    await Promise.all([...this.#buses.map((bus) => bus.stop()), this.#hold.release()]);
    this.#words.clear();
    this.#savers.clear();
    this.#told.clear();
  }

  #onLogind(found: Found | undefined): void {
    this.#setLogind(
      found ? undefined : NO_LOGIND,
      found ? (found.session ? undefined : NO_SESSION) : NO_LOGIND,
    );
  }

  #setLogind(sleep: Trouble, session: Trouble): void {
    this.#trouble.sleep = sleep;
    this.#trouble.session = session;
    void this.#seeToHold();
    this.#tellHealth();
  }

  #onSaver(saver: string, active: boolean | undefined): void {
    if (active === undefined) this.#savers.delete(saver);
    else this.#savers.add(saver);
    this.#trouble.savers = this.#savers.size > 0 ? undefined : NO_SAVER;
    this.#words.said(saver, active);
    this.#tellHealth();
  }

  #onSleep(begins: boolean): void {
    this.#announcement += 1;
    if (begins) {
      void this.#sleepBegins(this.#announcement, this.#clock.now().boot);
      return;
    }
    this.#sink?.resumed();
    void this.#seeToHold();
  }

  async #sleepBegins(announcement: number, boot: number): Promise<void> {
    const isLast = () => announcement === this.#announcement;
    // It may be being taken at this moment, in which case logind waits for us.
    await this.#hold.settled();
    if (!isLast()) return;
    const waitsMs = this.#hold.isHeld ? (this.#logind?.delayMaxMs ?? 0) : 0;
    await this.#sink?.suspending(boot + waitsMs);
    // Called off meanwhile: the next sleep is to be held back too.
    if (isLast()) await this.#hold.release();
  }

  /** Sleep is held back while that is wanted, and while its announcement would be heard. */
  async #seeToHold(): Promise<void> {
    const wanted = this.#sink !== undefined && this.#settings.delaySuspend && !this.#trouble.sleep;
    await (wanted ? this.#hold.take() : this.#hold.release());
  }

  #tellHealth(): void {
    if (this.#starting) return;
    const { session, sleep, savers, hold } = this.#trouble;
    const delaying = this.#settings.delaySuspend ? [{ name: 'logind sleep inhibitor', trouble: hold }] : [];
    this.#tell(
      'lock',
      anyOf([
        { name: 'logind session', trouble: session },
        { name: [...this.#savers].join(', ') || 'desktop screen saver', trouble: savers },
      ]),
    );
    this.#tell('suspend', oneWith({ name: 'logind PrepareForSleep', trouble: sleep }, delaying));
  }

  #tell(signal: SignalName, health: SensorHealth): void {
    const all = JSON.stringify(health);
    if (!this.#sink || all === this.#told.get(signal)) return;
    this.#told.set(signal, all);
    this.#log(`${signal}: ${inWords(health)}`, { signal });
    this.#sink.health(signal, health);
  }
}

function inWords(health: SensorHealth): string {
  if (health.state !== 'watching') return health.state === 'off' ? 'off' : `unavailable: ${health.reason}`;
  const beside = (health.beside ?? []).map((one) =>
    one.state === 'watching' ? `; beside it ${one.mechanism}` : `; without ${one.mechanism}: ${one.reason}`,
  );
  return `watching by ${health.mechanism}${beside.join('')}`;
}
