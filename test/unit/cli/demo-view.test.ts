/** The live view of the demo on a terminal, in a pipe and as JSON, fed by a fake daemon on a fake clock. */
import { beforeEach, describe, expect, it } from 'vitest';
import { demoView } from '../../../src/cli/demo-view.js';
import { paintFor } from '../../../src/cli/paint.js';
import type { DemoResult } from '../../../src/cli/render/summary.js';
import type { Event } from '../../../src/core/events.js';
import { FakeClock } from '../../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { Captured } from './bench.js';
import { Terminal } from './terminal.js';

const plain = paintFor(false);
const event = (message: string): Event => ({ type: 'notice', at: FAKE_NOW, message, level: 'info' });
const web = { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-0aaa' } as const;
const results: DemoResult[] = [
  { label: 'web', before: 'running', napped: 'stopped', after: 'running', exact: true },
];

let control: FakeControl;
let clock: FakeClock;
beforeEach(async () => {
  control = new FakeControl();
  clock = new FakeClock({ wall: FAKE_NOW });
  await control.register({ target: web, name: 'web' }, 'test');
});
const instance = () => control.services[0] ?? expect.fail('the fake fleet has an instance');

describe('on a terminal', () => {
  let terminal: Terminal;
  beforeEach(() => {
    terminal = new Terminal();
  });
  const start = async () => {
    const view = demoView({ stdout: terminal, clock, paint: plain, json: false });
    view.note('A sandbox, nothing real.');
    view.follow(control);
    await clock.advance(0);
    return view;
  };
  const rules = () => terminal.lines.filter((line) => line.startsWith('──')).length;

  it('keeps one panel below the events', async () => {
    const view = await start();
    expect(terminal.lines[0]).toBe('A sandbox, nothing real.');
    expect(terminal.lines.at(-1)).toMatch(/^ {2}web {2}running/);
    control.emit(event('first'));
    control.emit(event('second'));
    instance().state = 'stopping';
    await clock.advance(500);
    expect(rules()).toBe(1);
    expect(terminal.lines.slice(1, 3).map((line) => line.slice(-6).trim())).toEqual(['first', 'second']);
    expect(terminal.lines.at(-1)).toMatch(/^ {2}web {2}stopping/);
    view.stop();
  });

  it('draws nothing while nothing changes, each change at once, and hides the cursor meanwhile', async () => {
    const view = await start();
    control.state = { ...control.state, nextNapAt: undefined };
    await clock.advance(1_000);
    const { writes } = terminal;
    await clock.advance(60_000);
    expect(terminal.writes).toBe(writes);
    expect(terminal.cursor).toBe(false);
    instance().state = 'stopped';
    await clock.advance(500);
    expect(terminal.writes).toBe(writes + 1);
    view.stop();
    view.stop();
    expect(terminal.cursor).toBe(true);
  });

  it('counts down every second', async () => {
    const view = await start();
    expect(terminal.lines.join('\n')).toContain('next nap in 30 min');
    control.state = { ...control.state, nextNapAt: clock.now().wall + 10_000 };
    await clock.advance(4_000);
    expect(terminal.lines.join('\n')).toContain('next nap in 6 s');
    view.stop();
  });

  it.each([79, 30, 20, 140])('finds its panel again after a resize to %d columns', async (columns) => {
    const view = await start();
    terminal.columns = columns;
    control.emit(event('resized'));
    await clock.advance(1_000);
    control.emit(event('again'));
    await clock.advance(1_000);
    expect(rules()).toBe(1);
    expect(terminal.lines).toHaveLength(1 + 2 + 3);
    view.stop();
  });

  it('takes no more rows than there are', async () => {
    for (let at = 0; at < 20; at++)
      await control.register({ target: { ...web, instanceId: `i-${at}` } }, 'test');
    terminal.rows = 10;
    const view = await start();
    expect(terminal.lines.length - 1).toBeLessThan(10);
    expect(terminal.lines.at(-1)).toMatch(/^and \d+ more$/);
    view.stop();
  });

  it('ends with a last look and the summary, and leaves nothing waiting', async () => {
    const view = await start();
    instance().state = 'pending';
    await view.finish(results);
    expect(terminal.lines.join('\n')).toMatch(
      /web {2}pending[\s\S]*TARGET[\s\S]*all 1 are exactly as they were/,
    );
    expect(rules()).toBe(1);
    expect(terminal.cursor).toBe(true);
    expect([clock.pending, control.listeners]).toEqual([0, 0]);
  });

  it('outlives a daemon that does not answer', async () => {
    const view = await start();
    control.failNext(new Error('ending'));
    await clock.advance(600);
    instance().state = 'stopped';
    await clock.advance(600);
    expect(terminal.lines.at(-1)).toMatch(/^ {2}web {2}stopped/);
    view.stop();
  });
});

describe('in a pipe', () => {
  it('prints events and changes as lines', async () => {
    const stdout = new Captured();
    const view = demoView({ stdout, clock, paint: plain, json: false });
    view.note('note');
    view.follow(control);
    await clock.advance(0);
    control.emit(event('web naps: nobody is there'));
    instance().state = 'stopping';
    await clock.advance(2_000);
    await view.finish(results);
    const lines = stdout.text.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''));
    expect(lines.slice(0, 4)).toEqual([
      'note',
      'web: running',
      'web naps: nobody is there',
      'web: running -> stopping',
    ]);
    expect(stdout.text).toContain('all 1 are exactly as they were');
    expect(stdout.text).not.toContain('\u001b');
  });

  it('with --json, says it as JSON lines, each state once', async () => {
    const stdout = new Captured();
    const view = demoView({ stdout, clock, paint: plain, json: true });
    view.follow(control);
    await clock.advance(0);
    control.state = { ...control.state, idleSeconds: 99 };
    control.emit(event('something'));
    await clock.advance(2_000);
    await view.finish(results);
    const lines = stdout.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { status: { presence: 'present' }, services: [{ name: 'web', state: 'running' }] },
      { event: { message: 'something', at: '2026-01-05T09:00:00.000Z' } },
      { summary: results },
    ]);
  });
});
