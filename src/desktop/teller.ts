/**
 * Tells the desktop what happens, and carries out what a person answers. It reads the same stream of events as every
 * other door; what is told, and when, is decided in core. While nothing happens nothing runs here.
 */
import type { Control } from '../core/control.js';
import type { Notice, NoticeAction, NoticeSlot, TrayCommand, TrayView } from '../core/desktop.js';
import { CommandError, messageOf } from '../core/errors.js';
import type { Event } from '../core/events.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { NoticeFacts } from '../core/notice-facts.js';
import { decideNotices, NOTHING_NOTED, noted } from '../core/notices.js';
import type { Settings } from '../core/settings.js';
import { trayStanding } from '../core/tray-view.js';
import type { Language } from './language.js';
import { noticeIn, trayIn } from './words.js';

/** What belongs together is told within moments: after these it is one message. */
const GATHER_MS = 250;
const KEEP_MINUTES = 30;
const SNOOZE_MINUTES = 60;
const MORNING_HOUR = 9;

export interface TellerPorts {
  readonly control: Control;
  readonly clock: Clock;
  readonly log: Logger;
  readonly language: Language;
  readonly settings: () => Settings;
  /** Undefined while there are none. */
  readonly notifier: () => { show(notice: Notice): void; withdraw(slot: NoticeSlot): void } | undefined;
  readonly tray: () => { show(view: TrayView): void } | undefined;
  /** Opens the dashboard in the browser. */
  readonly openDashboard: () => Promise<void>;
}

export class Teller {
  readonly #ports: TellerPorts;
  readonly #unsubscribe: () => void;
  #memory = NOTHING_NOTED;
  /** Cancels the next look, which is due at `mono` milliseconds. */
  #next: { readonly at: number; readonly cancel: () => void } | undefined;
  #work: Promise<void> = Promise.resolve();
  #isOver = false;

  /** Listens from now on, and tells what stands already. */
  constructor(ports: TellerPorts) {
    this.#ports = ports;
    this.#unsubscribe = ports.control.subscribe((event) => this.#happened(event));
    this.refresh();
  }

  /** Tells how things stand, a moment from now. */
  refresh(): void {
    this.#within(GATHER_MS);
  }

  /** A person answered a message. Never rejects. */
  async answered(action: NoticeAction): Promise<void> {
    const { control, openDashboard } = this.#ports;
    const by = 'notification';
    await this.#try(async () => {
      if (action === 'open') await openDashboard();
      else await control.hold({ minutes: action === 'keep' ? KEEP_MINUTES : SNOOZE_MINUTES, by });
    });
  }

  /** A person chose from the menu. Never rejects. */
  async chosen(command: TrayCommand): Promise<void> {
    await this.#try(() => this.#carryOut(command));
  }

  /** Resolves when nothing is told any more. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#unsubscribe();
    this.#next?.cancel();
    await this.#work;
  }

  async #carryOut(command: TrayCommand): Promise<unknown> {
    const { control, openDashboard } = this.#ports;
    const by = 'tray';
    switch (command) {
      case 'open':
        return openDashboard();
      case 'keep-30':
        return control.hold({ minutes: 30, by });
      case 'keep-120':
        return control.hold({ minutes: 120, by });
      case 'keep-morning':
        return control.hold({ minutes: this.#minutesUntilMorning(), by });
      case 'release':
        return control.release({ by });
      case 'nap':
        return control.nap({ by });
      case 'stop':
        return control.shutdown();
    }
  }

  /** Until nine tomorrow, where the person is. */
  #minutesUntilMorning(): number {
    const { wall } = this.#ports.clock.now();
    const now = new Date(wall);
    const morning = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, MORNING_HOUR);
    return Math.max(1, Math.round((morning.getTime() - wall) / 60_000));
  }

  /** What a person asked for and did not get, they are told. */
  async #try(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (thrown) {
      const message = messageOf(thrown);
      const hint = thrown instanceof CommandError ? thrown.hint : undefined;
      this.#ports.log.warn(`What was asked for on the desktop could not be done: ${message}`);
      const content = { slot: 'trouble' as const, conditions: [{ message, hint }], isUrgent: true };
      this.#ports.notifier()?.show(noticeIn(this.#ports.language, content));
    }
  }

  #happened(event: Event): void {
    this.#memory = noted(this.#memory, event);
    this.refresh();
  }

  /** Looks after so many milliseconds at the latest. */
  #within(ms: number): void {
    if (this.#isOver) return;
    const { clock } = this.#ports;
    const at = clock.now().mono + ms;
    if (this.#next && this.#next.at <= at) return;
    this.#next?.cancel();
    const cancel = clock.after(ms, () => {
      this.#next = undefined;
      this.#work = this.#work.then(() => this.#tell());
    });
    this.#next = { at, cancel };
  }

  /** Never rejects. */
  async #tell(): Promise<void> {
    const { control, clock, language, log, settings } = this.#ports;
    try {
      const [status, plan] = await Promise.all([control.status(), control.plan()]);
      const now = clock.now();
      if (this.#isOver) return;
      this.#ports.tray()?.show(trayIn(language, trayStanding(status, plan)));
      const facts: NoticeFacts = {
        now,
        minuteOfDay: minuteOfDay(now.wall),
        quietHours: settings().notifications.quietHours,
        presence: status.presence,
        targets: plan.map(({ id, name, action, at, warned }) => ({
          id,
          name: name ?? id,
          warnedNapAt: warned && action === 'nap' ? at : undefined,
        })),
        conditions: status.conditions,
      };
      this.#say(facts);
    } catch (thrown) {
      log.warn(`The desktop could not be told how things stand: ${messageOf(thrown)}`);
    }
  }

  #say(facts: NoticeFacts): void {
    const { memory, show, withdraw, againInMs } = decideNotices(this.#memory, facts);
    this.#memory = memory;
    const notifier = this.#ports.notifier();
    // What happened while there were none is no news once there are.
    if (!notifier) return;
    for (const slot of withdraw) notifier.withdraw(slot);
    for (const content of show) notifier.show(noticeIn(this.#ports.language, content));
    if (againInMs !== undefined) this.#within(againInMs);
  }
}

/** Where the person is. */
function minuteOfDay(wall: number): number {
  const at = new Date(wall);
  return at.getHours() * 60 + at.getMinutes();
}
