/** From the stream of events to messages and the icon, and from a person's answer to the daemon. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { PlanView, Status } from '../../../src/core/control.js';
import type { Notice, NoticeSlot, TrayCommand, TrayView } from '../../../src/core/desktop.js';
import { CommandError } from '../../../src/core/errors.js';
import type { EventType } from '../../../src/core/events.js';
import type { TargetId } from '../../../src/core/target.js';
import { Teller } from '../../../src/desktop/teller.js';
import { FakeClock } from '../../fakes/clock.js';
import { FakeControl } from '../../fakes/fake-control.js';
import { DEFAULT_SETTINGS } from '../../fakes/fake-files.js';

const API = 'ec2:eu-central-1:i-0aaa' as TargetId;

describe('the teller', () => {
  let clock: FakeClock;
  let control: TellingControl;
  let notices: (Notice | NoticeSlot)[];
  let views: TrayView[];
  let opened: number;
  let hasNotifier: boolean;
  let teller: Teller;

  beforeEach(() => {
    clock = new FakeClock();
    control = new TellingControl(clock);
    notices = [];
    views = [];
    opened = 0;
    hasNotifier = true;
    teller = new Teller({
      control,
      clock,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      language: 'en',
      settings: () => DEFAULT_SETTINGS,
      notifier: () =>
        hasNotifier
          ? { show: (notice) => notices.push(notice), withdraw: (slot) => notices.push(slot) }
          : undefined,
      tray: () => ({ show: (view) => views.push(view) }),
      openDashboard: async () => {
        opened += 1;
      },
    });
  });

  test('shows the icon soon after the start, and then does nothing until something happens', async () => {
    await clock.advance(250);
    expect(views.map(({ summary }) => summary)).toEqual(['You are here']);
    expect([notices, clock.pending]).toEqual([[], 0]);
  });

  test('tells several events of a moment as one message, and takes it back', async () => {
    control.napAt = clock.now().wall + 60_000;
    control.tells('warning');
    control.tells('warning');
    await clock.advance(250);
    expect(notices).toMatchObject([{ slot: 'warning', title: 'A nap is coming', lastsMs: 59_750 }]);
    expect(views.at(-1)?.state).toBe('soon');
    control.napAt = undefined;
    control.tells('warning-withdrawn');
    await clock.advance(250);
    expect(notices.slice(1)).toEqual(['warning']);
    expect(views.at(-1)?.state).toBe('present');
  });

  test('looks again by itself when a condition has stood for a while', async () => {
    const message = 'The keys have expired';
    control.conditions = [{ id: 'credentials', message, hint: 'Sign in.', since: 0 }];
    control.tells('condition');
    await clock.advance(250);
    expect([notices, clock.nextDueIn]).toEqual([[], 20_000]);
    await clock.advance(20_000);
    expect(notices).toMatchObject([{ slot: 'trouble', body: `${message}\nSign in.` }]);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['keep', 30],
    ['snooze', 60],
  ] as const)('the answer "%s" keeps everything for %i minutes', async (action, minutes) => {
    await teller.answered(action);
    expect(control.calls).toContainEqual(
      expect.objectContaining({ verb: 'hold', by: 'notification', given: { minutes, by: 'notification' } }),
    );
  });

  test('carries out what is chosen from the menu', async () => {
    const commands: TrayCommand[] = ['open', 'keep-30', 'keep-120', 'keep-morning', 'release', 'nap', 'stop'];
    for (const command of commands) await teller.chosen(command);
    await teller.answered('open');
    expect(opened).toBe(2);
    const asked = control.calls.filter(({ verb }) => verb !== 'status' && verb !== 'plan');
    expect(asked.map(({ verb }) => verb)).toEqual(['hold', 'hold', 'hold', 'release', 'nap', 'shutdown']);
    const [half, two, morning] = asked.map(
      ({ given }) => (given as { minutes?: number } | undefined)?.minutes,
    );
    expect([half, two]).toEqual([30, 120]);
    const until = new Date(clock.now().wall + (morning ?? 0) * 60_000);
    expect([until.getHours(), until.getMinutes()]).toEqual([9, 0]);
    expect(morning).toBeGreaterThan(9 * 60);
    expect(morning).toBeLessThanOrEqual(33 * 60);
  });

  test('tells a person what was not done for them', async () => {
    control.failNext(
      new CommandError('REFUSED', 'The ledger cannot be written', { hint: 'Free some space.' }),
    );
    await teller.answered('keep');
    expect(notices).toMatchObject([
      { slot: 'trouble', body: 'The ledger cannot be written\nFree some space.', urgency: 'critical' },
    ]);
  });

  test('what happened while there were no notifications is no news afterwards', async () => {
    hasNotifier = false;
    control.tells('nap');
    await clock.advance(250);
    hasNotifier = true;
    teller.refresh();
    await clock.advance(250);
    expect(notices).toEqual([]);
  });

  test('is silent once it is stopped', async () => {
    await teller.stop();
    control.tells('nap');
    await clock.advance(60_000);
    expect([notices, views, clock.pending]).toEqual([[], [], 0]);
  });

  class TellingControl extends FakeControl {
    napAt: number | undefined;
    conditions: Status['conditions'] = [];
    readonly #clock: FakeClock;

    constructor(fake: FakeClock) {
      super();
      this.#clock = fake;
    }

    tells(type: EventType): void {
      this.emit({ type, at: this.#clock.now().wall, message: '', level: 'info', targetId: API });
    }

    override async status(): Promise<Status> {
      return {
        ...(await super.status()),
        presence: 'present',
        napping: 0,
        nextNapAt: this.napAt,
        conditions: this.conditions,
      };
    }

    override async plan(): Promise<readonly PlanView[]> {
      const action = this.napAt === undefined ? 'keep' : 'nap';
      const row = { id: API, name: 'api', state: 'running', action, at: this.napAt, reason: '' } as const;
      const warned = this.napAt !== undefined;
      return [{ ...row, warned, waits: undefined, savesUsdPerHour: undefined, awsStopsAt: undefined }];
    }
  }
});
