/**
 * The agent: hands on to its parts what the senses, the files and the clock say. Leases are kept, warnings given, and
 * the attendant is sent to every target that has something coming. Nothing is polled but AWS, seldom.
 */
import type { Control } from '../core/control.js';
import type { DeadManDesk, TeamDesk } from '../core/desk.js';
import { LedgerError } from '../core/errors.js';
import { type Instant, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import { type Activity, SENSORS, type SensorHealth, type SensorName } from '../core/sensor.js';
import type { Settings } from '../core/settings.js';
import type { ActivityHistory } from './activity-history.js';
import type { AgentPorts } from './agent-ports.js';
import { deadManDesk } from './dead-man-desk.js';
import type { Journal } from './journal.js';
import type { Counted } from './lease-book.js';
import { assemble, type Parts } from './parts.js';
import { sensesSettings } from './senses-settings.js';
import { minutes } from './standings.js';
import { type TeamDeskPorts, teamDesk } from './team-desk.js';

/** How long a clean end waits for calls under way. */
const FAREWELL_MS = 15_000;

export class Agent {
  readonly #ports: AgentPorts;
  readonly #parts: Parts;
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
    this.#settings = ports.settings.current();
    this.#configured = ports.settings.faults().length === 0;
    this.#parts = assemble(ports, {
      settings: () => this.#settings,
      configured: () => this.#configured,
      turn: (now, sleptMs) => this.#turn(now, sleptMs),
      nextAt: (seen) => this.#nextAt(seen),
      returned: (activity, counted) => this.#counted(activity, counted),
      shutdown: () => this.#onShutdown(),
    });
  }

  /** What the doors speak to. */
  get control(): Control {
    return this.#parts.commands;
  }

  /** What a person may ask about the dead-man's switch; `choose` turns it on or off in settings.json. */
  deadMan(choose: (enabled: boolean) => Promise<void>): DeadManDesk {
    const { registry, session } = this.#ports;
    const { accounts, deadMan, journal } = this.#parts;
    return deadManDesk({
      accounts,
      journal,
      deadMan,
      board: () => session.switches(),
      registered: () => registry.current(),
      settings: () => this.#settings,
      regions: () => session.regions(),
      choose,
    });
  }

  /** What a person may ask about the team; `choose` writes `leases.team` in settings.json. */
  team(choose: TeamDeskPorts['choose']): TeamDesk {
    const { ledger, random, registry, session } = this.#ports;
    const { accounts, journal, team } = this.#parts;
    return teamDesk({
      accounts,
      journal,
      session,
      team,
      self: () => ledger.installation(random),
      registered: () => registry.current(),
      settings: () => this.#settings.team,
      choose,
    });
  }

  /** The standing conditions; for what only the composition root can know of, such as a port in use. */
  get conditions(): Pick<Journal, 'raise' | 'clear'> {
    return this.#parts.journal;
  }

  /** The activity history; for whoever is about to read it, to have it written first. */
  get activityHistory(): Pick<ActivityHistory, 'write'> {
    return this.#parts.activityHistory;
  }

  /** Begins to watch and to look after targets. Resolves when the senses have been started. */
  async start(onShutdown: () => void): Promise<void> {
    const { senses, registry, settings } = this.#ports;
    this.#onShutdown = onShutdown;
    this.#state = 'running';
    this.#parts.journal.tell(
      'started',
      `Cloudnap ${this.#ports.version} watches; every service gets one full timeout.`,
    );
    this.#unsubscribe.push(registry.onChange(() => this.#registryChanged()));
    this.#unsubscribe.push(settings.onChange(() => this.#settingsChanged()));
    this.#parts.conditions.files();
    await senses.start(sensesSettings(this.#settings), {
      activity: (activity) => this.#activity(activity),
      health: (sensor, health) => this.#health(sensor, health),
    });
    await this.#parts.machine.start();
    this.#sensing = true;
    this.#parts.presence.update();
    for (const entry of this.#parts.entries.all()) this.#parts.attendant.lookNow(entry.targetId);
    if (this.#state === 'running') this.#parts.loop.start();
  }

  /** Ends cleanly: no new step is begun, those under way are waited for, the rest is in the ledger. Idempotent. */
  stop(): Promise<void> {
    this.#ended ??= this.#stop();
    return this.#ended;
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    this.#parts.journal.tell(
      'stopping',
      'Cloudnap ends; what naps stays so until it runs again and somebody is there.',
    );
    for (const end of this.#unsubscribe) end();
    const silent = this.#parts.machine.stop();
    const cancelFarewell = this.#ports.clock.after(FAREWELL_MS, () => this.#end());
    await this.#parts.loop.stop();
    await this.#parts.attendant.settled();
    await this.#parts.deadMan.settled();
    await this.#parts.team.stop();
    cancelFarewell();
    this.#end();
    await this.#ports.senses.stop();
    await silent;
    this.#parts.activityHistory.write();
    this.#parts.journal.flush();
  }

  /** Ends whatever is still asked of AWS. */
  #end(): void {
    this.#ending.abort(new Error('shutting down'));
    this.#parts.attendant.abandonNaps();
  }

  #activity(activity: Activity): void {
    if (this.#state !== 'running') return;
    this.#parts.activityHistory.activity(activity);
    this.#counted(activity, this.#parts.book.activity(activity));
  }

  /** Acts on what an activity came to. */
  #counted(activity: Activity, { waking, revives, counts }: Counted): void {
    if (waking) {
      this.#parts.sightings.unguard(counts);
      const called = this.#parts.attendant.call(
        (entry) => entry.by === 'lease' && counts(entry.targetId),
        `somebody is back (${activity.sensor})`,
      );
      // Somebody who is back will be away again: the timer, set while nobody was there, knows of no such instant, nor of
      // the next end of a lease that had run out before the others.
      const isBack = this.#parts.presence.update();
      if ((called.length > 0 || isBack || revives) && !this.#isReading) this.#parts.loop.wake();
    }
    if (this.#parts.book.anyWarning() && !this.#isReading) this.#parts.loop.wake();
  }

  #health(sensor: SensorName, health: SensorHealth): void {
    this.#parts.book.health(sensor, health);
    this.#parts.conditions.sensor(sensor, health);
    if (!this.#sensing) return;
    this.#parts.presence.update();
    this.#parts.loop.wake();
  }

  #registryChanged(): void {
    this.#parts.book.followRegistry();
    this.#parts.conditions.files();
    this.#parts.accounts.follow();
    this.#parts.checks.soon();
    this.#parts.deadMan.soon();
    this.#parts.loop.wake();
  }

  #settingsChanged(): void {
    this.#parts.conditions.files();
    const before = this.#settings;
    this.#settings = this.#ports.settings.current();
    this.#configured ||= this.#ports.settings.faults().length === 0;
    const isChanged = JSON.stringify(before) !== JSON.stringify(this.#settings);
    // First: a lock that means away from now on drops what is in force, not what is granted by becoming known now.
    if (isChanged) this.#parts.machine.configure();
    this.#parts.book.followKnown();
    this.#parts.presence.update();
    if (!isChanged) return;
    this.#parts.journal.tell('settings', 'Changed settings are in force; warnings stand anew.');
    this.#parts.book.resetWarnings();
    this.#parts.deadMan.soon();
    if (JSON.stringify(before.aws) !== JSON.stringify(this.#settings.aws)) {
      this.#ports.session.configure(this.#settings.aws);
      this.#parts.checks.soon();
    }
    void this.#ports.senses.configure(sensesSettings(this.#settings)).then(() => {
      for (const sensor of SENSORS) {
        const health = this.#parts.book.presence.health[sensor];
        if (health) this.#health(sensor, health);
      }
    });
    this.#parts.book.followKnown();
    this.#parts.presence.update();
    this.#parts.loop.wake();
  }

  async #turn(now: Instant, sleptMs: number): Promise<void> {
    const { clock } = this.#ports;
    if (sleptMs > NOTICEABLE_SLEEP_MS) {
      this.#parts.journal.tell(
        'woke',
        `The machine slept for ${minutes(sleptMs)}: time asleep counts as absence.`,
      );
      this.#parts.machine.slept();
      this.#parts.book.resetWarnings();
      this.#parts.checks.soon();
      await this.#readForTurn();
    }
    if (this.#parts.machine.isUnlocking()) {
      await this.#readForTurn();
      if (this.#parts.machine.isUnlocking()) this.#parts.machine.unlock();
    }
    this.#endHolds();
    this.#parts.conditions.owed();
    // A run of activity is told at its begin and its end only: look before saying that nobody is there.
    const { book, presence, warnings } = this.#parts;
    if (presence.isLeaving() || book.isEnding() || warnings.isNear()) await this.#readForTurn();
    if (this.#state === 'running') this.#parts.warnings.update();
    this.#parts.presence.update();
    if (sleptBetween(now, clock.now()) > NOTICEABLE_SLEEP_MS) {
      // It slept while the senses were read: nothing this turn has found may be acted on.
      this.#parts.loop.wake();
      return;
    }
    this.#parts.checks.run(this.#ending.signal);
    if (this.#state !== 'running') return;
    this.#parts.team.run();
    this.#parts.deadMan.run(this.#ending.signal);
    if (this.#state === 'running') this.#parts.attendant.attendDue(this.#ending.signal);
  }

  #endHolds(): void {
    try {
      for (const hold of this.#parts.book.holds.removeOver())
        this.#parts.journal.tell(
          'hold-ended',
          `The hold by ${hold.askedBy} on ${hold.targetId ?? 'everything'} is over.`,
        );
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#parts.journal.ledgerFailed(thrown);
    }
  }

  #nextAt(seen: number): number {
    const { attendant, checks, deadMan, team } = this.#parts;
    let next = Math.min(checks.at(), attendant.nextLookAt(), deadMan.at(), team.at());
    const standings = this.#parts.book.standings(this.#parts.accounts.known());
    for (const at of this.#parts.book.deadlines(standings)) if (at > seen) next = Math.min(next, at);
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
