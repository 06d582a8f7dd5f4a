/** `cloudnap sensors` and the sensors' part of `doctor`: once, and live on a terminal, in a pipe and as JSON lines. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paintFor } from '../../../src/cli/paint.js';
import { checksText } from '../../../src/cli/render/checks.js';
import { changedLines, sensesText } from '../../../src/cli/render/senses.js';
import type { WireSenses } from '../../../src/control/wire.js';
import { CommandError } from '../../../src/core/errors.js';
import { FAKE_NOW } from '../../fakes/fake-control.js';
import { type Bench, Captured, openBench } from './bench.js';
import { Terminal } from './terminal.js';

const plain = paintFor(false);
const now = new Date(2026, 4, 14, 18, 20, 0).getTime();
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
const wayland = { mechanism: 'ext-idle-notify', reason: 'WAYLAND_DISPLAY is not set', cure: 'none needed' };
const older = { ...wayland, mechanism: 'org_kde_kwin_idle, keyboard and mouse together' };
const kde = { mechanism: 'KWin script', reason: 'no session bus', cure: 'start Cloudnap in your session' };
const ewmh = { mechanism: 'X11', reason: 'no window manager\u001b[2J', cure: 'start one' };

const senses: WireSenses = {
  sensors: [
    {
      sensor: 'keyboard',
      health: {
        state: 'watching',
        mechanism: 'X11 idle counter',
        passed_over: [wayland, older],
        beside: [
          { state: 'watching', mechanism: 'remote logins' },
          { state: 'unavailable', mechanism: 'a gamepad', reason: 'there is none', cure: 'plug one in' },
        ],
      },
      wakes: true,
      last_activity: at(-3),
    },
    {
      sensor: 'mouse',
      health: {
        state: 'unavailable',
        reason: 'the X server is gone',
        cure: 'wait',
        passed_over: [],
        beside: [],
      },
      wakes: true,
      last_activity: at(-60),
    },
    { sensor: 'screen', health: { state: 'off' }, wakes: false, last_activity: null },
    {
      sensor: 'window',
      health: {
        state: 'unavailable',
        reason: `${kde.reason}; ${ewmh.reason}`,
        cure: `${kde.cure}; or ${ewmh.cure}`,
        passed_over: [kde, ewmh],
        beside: [],
      },
      wakes: false,
      last_activity: null,
    },
    {
      sensor: 'audio',
      health: { state: 'watching', mechanism: 'PulseAudio', passed_over: [], beside: [] },
      wakes: false,
      last_activity: null,
    },
  ],
  signals: [
    {
      signal: 'lock',
      health: { state: 'watching', mechanism: 'logind', passed_over: [], beside: [] },
    },
    {
      signal: 'suspend',
      health: {
        state: 'unavailable',
        reason: 'no system bus',
        cure: 'start dbus',
        passed_over: [],
        beside: [],
      },
    },
  ],
  locked: false,
};

describe('the text', () => {
  it('tells of each its state, how it came to it, and the cure for what is missing', () => {
    expect(sensesText(senses, now, plain).split('\n')).toEqual([
      'keyboard  watching by X11 idle counter; last activity 3 s ago, at 18:19',
      '          passed over ext-idle-notify, org_kde_kwin_idle: WAYLAND_DISPLAY is not set',
      '          beside it: remote logins',
      '          not beside it: a gamepad: there is none',
      '            Plug one in',
      'mouse     unavailable',
      '          The X server is gone',
      '            Wait',
      'screen    off by the settings',
      'window    unavailable',
      '          KWin script: no session bus',
      '            Start Cloudnap in your session',
      '          X11: no window manager [2J',
      '            Start one',
      'audio     watching by PulseAudio; no activity yet (extends presence, does not wake)',
      '',
      'lock      watching by logind',
      'suspend   unavailable',
      '          No system bus',
      '            Start dbus',
      '',
      'The session is not locked.',
    ]);
    expect(sensesText({ ...senses, locked: true }, now, plain)).toMatch(/\n\nThe session is locked\.$/);
    expect(sensesText({ ...senses, locked: null }, now, plain)).not.toContain('locked');
  });

  it('tells of what has changed alone', () => {
    expect(changedLines(senses, senses, now, plain)).toEqual([]);
    const [keyboard, ...others] = senses.sensors;
    const again = { ...(keyboard ?? expect.fail()), last_activity: at(-3.001) };
    expect(changedLines(senses, { ...senses, sensors: [again, ...others] }, now, plain)).toEqual([]);
    const typed = { ...(keyboard ?? expect.fail()), last_activity: at(0) };
    expect(
      changedLines(senses, { ...senses, sensors: [typed, ...others], locked: true }, now, plain),
    ).toEqual([
      '18:20:00  keyboard  watching by X11 idle counter; last activity now',
      '18:20:00  The session is locked.',
    ]);
  });

  it('is part of what the doctor says of a sensor', () => {
    const check = (name: string, result: 'ok' | 'warn' | 'fail', detail: string) =>
      ({ area: 'sensors', name, result, detail, cure: 'a cure for all' }) as const;
    const checks = [
      check('keyboard', 'ok', 'X11 idle counter'),
      check('screen', 'ok', 'off by settings'),
      check('window', 'warn', `${kde.reason}; ${ewmh.reason}`),
    ];
    expect(checksText(checks, senses, plain).split('\n')).toEqual([
      'ok     keyboard: X11 idle counter',
      '       passed over ext-idle-notify, org_kde_kwin_idle: WAYLAND_DISPLAY is not set',
      '       beside it: remote logins',
      '       not beside it: a gamepad: there is none',
      '         Plug one in',
      'ok     screen: off by settings',
      'look   window: unavailable',
      '       KWin script: no session bus',
      '         Start Cloudnap in your session',
      '       X11: no window manager [2J',
      '         Start one',
      '',
      '0 failed, 1 to look at.',
    ]);
  });
});

describe('the command', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
    await bench.serve();
  });
  afterEach(() => bench.close());

  /** Types now, and is no longer there afterwards: the daemon refuses the look after that. */
  async function typeAndEnd(): Promise<void> {
    const looked = (times: number) =>
      vi.waitFor(() => expect([bench.control.count('senses'), bench.clock.pending]).toEqual([times, 1]));
    await looked(1);
    await bench.clock.advance(1_000);
    await looked(2);
    const [keyboard, ...others] = bench.control.sensed.sensors;
    const typed = { ...(keyboard ?? expect.fail()), lastActivity: FAKE_NOW + 1_500 };
    bench.control.sensed = { ...bench.control.sensed, sensors: [typed, ...others] };
    await bench.clock.advance(1_000);
    await looked(3);
    bench.control.failNext(new CommandError('REFUSED', 'the daemon is ending'));
    await bench.clock.advance(1_000);
  }

  it('prints once, and as JSON', async () => {
    const { exit, out } = await bench.run('sensors');
    expect(exit).toBe(0);
    expect(out).toMatch(/^keyboard {2}watching by a test; last activity 5 s ago/);
    expect(JSON.parse((await bench.run('sensors', '--json')).out)).toEqual({
      sensors: [
        {
          sensor: 'keyboard',
          health: { state: 'watching', mechanism: 'a test', passed_over: [], beside: [] },
          wakes: true,
          last_activity: new Date(FAKE_NOW - 5_000).toISOString(),
        },
      ],
      signals: [expect.objectContaining({ signal: 'lock' }), expect.objectContaining({ signal: 'suspend' })],
      locked: false,
    });
  });

  it('has what was tried told by the doctor, too', async () => {
    const check = { area: 'sensors', name: 'suspend', detail: 'no system bus', cure: 'start dbus' } as const;
    bench.control.checks = [{ ...check, result: 'fail' }];
    const { exit, out } = await bench.run('doctor');
    expect(exit).toBe(1);
    expect(out).toMatch(/^FAILED suspend: unavailable\n {7}No system bus\n {9}Start dbus$/m);
    bench.control.checks = [{ ...check, result: 'ok', detail: 'not needed: no system bus' }];
    expect((await bench.run('doctor')).out).toMatch(/^ok {5}suspend: not needed: no system bus\n\n/m);
    expect(JSON.parse((await bench.run('doctor', '--json')).out).senses.locked).toBe(false);
  });

  it('follows in a pipe: all at first, then what has changed', async () => {
    const running = bench.run('sensors', '--follow');
    await typeAndEnd();
    const { exit, out } = await running;
    expect(exit).toBe(5);
    expect(out.match(/^lock /gm)).toHaveLength(1);
    expect(out).toMatch(
      /not locked\.\n\d\d:\d\d:\d\d {2}keyboard {2}watching by a test; last activity now\n$/,
    );
  });

  it('follows as JSON lines, one for each change', async () => {
    const running = bench.run('sensors', '-f', '--json');
    await typeAndEnd();
    const lines = (await running).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).sensors[0].last_activity)).toEqual(
      [FAKE_NOW - 5_000, FAKE_NOW + 1_500].map((moment) => new Date(moment).toISOString()),
    );
  });

  it('is redrawn in place on a terminal, however small that is', async () => {
    const terminal = new Terminal();
    terminal.rows = 4;
    Object.assign(bench.context, { stdout: terminal, env: { CLOUDNAP_HOME: bench.home, NO_COLOR: '1' } });
    const running = bench.run('sensors', '-f');
    await typeAndEnd();
    await running;
    expect(terminal.writes).toBe(3);
    expect(terminal.lines).toHaveLength(3);
    expect(terminal.lines[0]).toMatch(/^keyboard .*last activity now$/);
  });

  it('ends when nobody reads any more', async () => {
    const gone: ((error: NodeJS.ErrnoException) => void)[] = [];
    const stdout = Object.assign(new Captured(), {
      on: (_event: 'error', listener: (error: NodeJS.ErrnoException) => void) => gone.push(listener),
    });
    Object.assign(bench.context, { stdout });
    const running = bench.run('sensors', '-f');
    await vi.waitFor(() => expect(bench.clock.pending).toBe(1));
    for (const tell of gone) tell(Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));
    expect((await running).exit).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });
});
