/** What is drawn, from values alone: the status, the story, the panel, checks, log lines, and the demo's summary. */
import { describe, expect, it } from 'vitest';
import { paintFor, wantsColour } from '../../../src/cli/paint.js';
import { checksText } from '../../../src/cli/render/checks.js';
import { atLeast, logLine } from '../../../src/cli/render/log-line.js';
import { changeLines, eventLine, panel } from '../../../src/cli/render/panel.js';
import { statusText } from '../../../src/cli/render/status.js';
import { storyText } from '../../../src/cli/render/story.js';
import { summaryText } from '../../../src/cli/render/summary.js';
import { leaseWords, stateWords } from '../../../src/cli/render/words.js';
import { table } from '../../../src/cli/table.js';
import { widthOf } from '../../../src/cli/width.js';
import type { WireExplanation, WireRegistered, WireStatus } from '../../../src/control/wire.js';

const plain = paintFor(false);
const coloured = paintFor(true);
const now = new Date(2026, 4, 14, 18, 20, 0).getTime();
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();

const status: WireStatus = {
  presence: 'away',
  since: at(-180),
  idle_seconds: 190,
  next_nap_at: at(720),
  targets: 3,
  napping: 1,
  conditions: [],
  version: '1.2.3',
  dry_run: false,
};
const web: WireRegistered = {
  service_type: 'EC2',
  region: 'eu-west-1',
  instance_id: 'i-0abc',
  target: 'ec2:eu-west-1:i-0abc',
  name: 'web',
  state: 'running',
  power: 'on',
  registered: true,
  enabled: true,
  lease_until: at(720),
  phase: null,
  leases: [],
};
const api: WireRegistered = {
  service_type: 'ECS',
  region: 'eu-west-1',
  cluster_name: 'dev',
  service_name: 'api',
  target: 'ecs:eu-west-1:dev:api',
  state: 'ACTIVE',
  power: 'off',
  desired: 0,
  running: 0,
  min: 1,
  max: 4,
  registered: true,
  enabled: true,
  lease_until: null,
  phase: 'napped',
  leases: [],
};

describe('colours', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s with %j: %s', (isTTY, env, wanted) =>
    expect(wantsColour({ write: () => true, isTTY }, env)).toBe(wanted),
  );
});

describe('words', () => {
  it.each<[string, Partial<WireRegistered>, string]>([
    ['awake', {}, 'awake until 18:32 (12 min)'],
    ['napping', { phase: 'napped', lease_until: null }, 'napping'],
    ['on its way down', { phase: 'napping' }, 'being napped'],
    ['on its way back', { phase: 'restoring' }, 'being restored'],
    ['disabled', { enabled: false }, 'left alone (disabled)'],
    ['refused', { refusal: { reason: 'it is stop-protected' } }, 'never naps: it is stop-protected'],
    ['off before', { power: 'off' }, 'off already, and left so'],
    ['deleted', { power: 'gone' }, 'does not exist'],
    ['napping, so off', { phase: 'napped', power: 'off' }, 'napping'],
    ['without a lease', { lease_until: null }, 'no lease'],
    ['out of time', { lease_until: at(-1) }, 'its lease has ended'],
  ])('%s', (_, view, words) => expect(leaseWords({ ...web, ...view }, now)).toBe(words));

  it('shows counts with their bounds where there are some', () => {
    expect(stateWords(web)).toBe('running');
    expect(stateWords(api)).toBe('ACTIVE 0/0 (1-4)');
    expect(stateWords({ state: 'ACTIVE', desired: 2, running: 1 })).toBe('ACTIVE 1/2');
  });
});

describe('status', () => {
  it('says who, when and how many', () => {
    expect(statusText(status, now, plain)).toBe(
      [
        'Presence  Away, since 3 min ago, at 18:17; idle for 3 min 10 s',
        'Next nap  in 12 min, at 18:32',
        'Targets   3 registered, 1 napping',
      ].join('\n'),
    );
  });

  it('says when no nap is coming, of a dry run, and of every condition with its cure', () => {
    const text = statusText(
      {
        ...status,
        next_nap_at: null,
        dry_run: true,
        conditions: [{ id: 'a', message: 'Credentials\u001b[2J expired', hint: 'Sign in.', since: null }],
      },
      now,
      plain,
    );
    expect(text).toContain('Next nap  none is coming');
    expect(text).toContain('Dry run   on');
    expect(text.endsWith('! Credentials [2J expired\n  Sign in.')).toBe(true);
  });
});

describe('the panel', () => {
  const state = { status, targets: [web, api] };
  const size = { columns: 80, rows: 20 };

  it('shows presence, the countdown and each target', () => {
    expect(panel(state, now, size, plain).slice(1)).toEqual([
      '● Away  idle 3 min 10 s  next nap in 12 min, at 18:32',
      '  web                    running           awake until 18:32 (12 min)',
      '  ecs:eu-west-1:dev:api  ACTIVE 0/0 (1-4)  napping',
    ]);
  });

  it.each([20, 33, 47, 80, 200])('never takes more than %d columns, colours or not', (columns) => {
    const loud = {
      status: {
        ...status,
        conditions: [{ id: 'a', message: '자격 증명이 만료되었습니다. '.repeat(9), since: null }],
      },
      targets: [{ ...web, name: '개발용-아주-긴-이름의-웹-서버-인스턴스' }, api],
    };
    for (const line of panel(loud, now, { columns, rows: 20 }, plain))
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
    const shown = panel(loud, now, { columns, rows: 20 }, coloured);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour.
    expect(shown.map((line) => line.replace(/\u001b\[\d+m/g, ''))).toEqual(
      panel(loud, now, { columns, rows: 20 }, plain),
    );
  });

  it.each([3, 4, 5, 12])('never takes more than %d rows, and counts what is left out', (rows) => {
    const many = { status, targets: Array.from({ length: 9 }, () => web) };
    const lines = panel(many, now, { columns: 80, rows }, plain);
    expect(lines.length).toBeLessThanOrEqual(rows);
    if (rows < 11) expect(lines.at(-1)).toBe(`and ${9 - (rows - 3)} more`);
    else expect(lines).toHaveLength(11);
  });

  it.each([
    [{ next_nap_at: null, napping: 2 }, '2 napping'],
    [{ next_nap_at: null, napping: 0 }, 'no nap is coming'],
    [{ next_nap_at: at(-3) }, 'next nap now'],
    [{ next_nap_at: at(45) }, 'next nap in 45 s, at 18:20'],
  ])('counts down: %j', (change, words) => {
    const [, line] = panel({ status: { ...status, ...change }, targets: [] }, now, size, plain);
    expect(line).toContain(words);
  });

  it('tells events with their time, and changes from one look to the next', () => {
    const event = { type: 'nap', at: at(0), message: 'web naps: nobody is there', level: 'info' } as const;
    expect(eventLine(event, plain)).toBe('18:20:00  web naps: nobody is there');
    expect(changeLines([], [web], now)).toEqual(['18:20:00  web: running']);
    expect(changeLines([web, api], [{ ...web, state: 'stopping' }, api], now)).toEqual([
      '18:20:00  web: running -> stopping',
    ]);
  });
});

/** No other mechanism was tried, and none watches beside it. */
const alone = { passed_over: [], beside: [] };

describe('the story of a target', () => {
  const why: WireExplanation = {
    target: api.target,
    registered: true,
    enabled: true,
    presence: 'away',
    leases: [
      { holder: 'presence', kind: 'presence', until: at(-60), live: false },
      { holder: 'hold', kind: 'hold', until: at(3600), live: true },
      { holder: 'presence', kind: 'presence', until: null, live: true },
    ],
    sensors: [
      {
        sensor: 'keyboard',
        health: { state: 'watching', mechanism: 'X11', ...alone },
        wakes: true,
        last_activity: at(-190),
      },
      {
        sensor: 'window',
        health: { state: 'watching', mechanism: 'X11', ...alone },
        wakes: false,
        last_activity: null,
      },
      { sensor: 'screen', health: { state: 'off' }, wakes: false, last_activity: null },
      {
        sensor: 'audio',
        health: { state: 'unavailable', reason: 'There is no PulseAudio', cure: 'start it', ...alone },
        wakes: false,
        last_activity: null,
      },
    ],
    observed: { ...api, refusal: { reason: 'it is a DAEMON service', hint: 'Use REPLICA.' } },
    snapshot: {
      phase: 'napped',
      taken_at: at(-120),
      reason: 'nobody is there',
      saved: { kind: 'ecs', desired: 2, scalable: null },
    },
    last_action: { type: 'napped', at: at(-100), message: 'api naps', level: 'info' },
    dead_man: {
      stops_at: at(600),
      lacks: { why: 'nothing is installed for it', hint: 'Run "cloudnap dead-man enable".' },
    },
    next: 'It is restored when you are back.',
  };

  it('is told from what happens next to the last action', () => {
    expect(storyText(why, now, plain).split('\n')).toEqual([
      'ecs:eu-west-1:dev:api',
      'It is restored when you are back.',
      '',
      'In AWS it is ACTIVE 0/0 (1-4).',
      'It is never napped: it is a DAEMON service. Use REPLICA.',
      '',
      'Leases:',
      '  ended  presence, was until 18:19, 1 min ago',
      '  live   hold, until 19:20, in 1 h',
      '  live   presence, as long as presence is unknown',
      '',
      "Dead-man's switch:",
      '  armed  should this computer be gone, AWS stops it in 10 min, at 18:30',
      '  nothing is installed for it. Run "cloudnap dead-man enable".',
      '',
      'Presence: away',
      '  keyboard  last activity 3 min 10 s ago, at 18:16',
      '  window    nothing yet (extends presence, does not wake)',
      '  screen    off by the settings',
      '  audio     unavailable: There is no PulseAudio; start it',
      '',
      'Snapshot:',
      '  napped, taken 2 min ago, at 18:18: nobody is there',
      '  saved: {"kind":"ecs","desired":2,"scalable":null}',
      '',
      'Last action:',
      '  api naps (1 min 40 s ago, at 18:18)',
    ]);
  });

  it('says what is not there', () => {
    const bare = {
      ...why,
      registered: false,
      leases: [],
      sensors: [],
      observed: null,
      snapshot: null,
      last_action: null,
      dead_man: null,
    };
    const text = storyText(bare, now, plain);
    for (const part of ['not registered', 'not been read', 'none: nothing of it is napping', 'none yet'])
      expect(text).toContain(part);
    expect(storyText({ ...why, enabled: false }, now, plain)).toContain('disabled');
  });
});

describe('lists', () => {
  it('aligns tables by what is seen, not by colours or what comes from outside', () => {
    const rows = [
      ['a', { text: 'up', paint: coloured.green }, ''],
      ['절전', 'x\ty\u001b[31m', 'end'],
    ];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour.
    const text = table(['NAME', 'B', 'C'], rows, coloured).replace(/\u001b\[\d+m/g, '');
    expect(text).toBe('NAME  B         C\na     up        -\n절전  x y [31m  end');
  });

  it('wraps the last column on a terminal, and only that', () => {
    const rows = [['a', 'one two three four five six seven eight']];
    expect(table(['NAME', 'REASON'], rows, plain, 30).split('\n')).toEqual([
      'NAME  REASON',
      'a     one two three four five',
      '      six seven eight',
    ]);
    expect(table(['NAME', 'REASON'], rows, plain).split('\n')).toHaveLength(2);
  });

  it('marks checks, and gives cures only where something is wrong', () => {
    const text = checksText(
      [
        { area: 'machine', name: 'Node.js', result: 'ok', detail: '20.19.0', cure: 'unneeded' },
        { area: 'aws', name: 'credentials', result: 'fail', detail: 'expired', cure: 'Sign in.' },
      ],
      null,
      plain,
    );
    expect(text).toBe(
      'ok     Node.js: 20.19.0\nFAILED credentials: expired\n       Sign in.\n\n1 failed, 0 to look at.',
    );
    expect(checksText([], null, plain)).toContain('All is well.');
  });

  it('reads log lines, and lets what is no log line through', () => {
    const line = JSON.stringify({
      level: 'warn',
      time: at(0),
      msg: 'slow\u001b[2J',
      region: 'eu-west-1',
      ms: 12,
    });
    expect(logLine(line, now, plain)).toBe('18:20:00  warn   slow [2J  region=eu-west-1 ms=12');
    expect(logLine(line, now + 86_400_000, plain)).toMatch(/^Thu 14 May 18:20:00 {2}warn/);
    expect(logLine('Segmentation fault', now, plain)).toBe('Segmentation fault');
    expect(['debug', 'info', 'warn', 'error'].map((level) => atLeast(line, level as 'info'))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(atLeast('Segmentation fault', 'error')).toBe(true);
  });

  it('sums the demo up: what napped, what did not, what is not as it was', () => {
    const same = { label: 'web', before: 'running', napped: 'stopped', after: 'running', exact: true };
    const still = { label: 'agent', before: '2 tasks', napped: '2 tasks', after: '2 tasks', exact: true };
    expect(summaryText([same, still], plain).split('\n')).toEqual([
      'TARGET  BEFORE   NAPPED   AFTER    RESULT',
      'web     running  stopped  running  exact',
      'agent   2 tasks  2 tasks  2 tasks  did not nap',
      '',
      '1 napped, and all 2 are exactly as they were.',
    ]);
    const other = { ...same, label: 'api', after: '1 task', exact: false };
    expect(summaryText([same, other], plain)).toMatch(/DIFFERENT\n\n1 of 2 are not as they were/);
    expect(summaryText([same, still], plain, 30).split('\n').slice(0, 4)).toEqual([
      'web  exact',
      '  running -> stopped -> running',
      'agent  did not nap',
      '  2 tasks -> 2 tasks',
    ]);
    expect(summaryText([same, still], coloured, 46)).toContain('NAPPED');
    expect(summaryText([same, still], coloured, 45)).not.toContain('NAPPED');
    expect(summaryText([], plain)).toBe('Nothing was watched.');
  });
});
