/** `cloudnap autostart`: what a person is told of what starts at login, and the cure where it is not this program. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AutostartEntry } from '../../../src/core/autostart.js';
import { type Bench, openBench } from './bench.js';

const ENTRY: AutostartEntry = {
  kind: 'xdg-autostart',
  where: '/home/me/.config/autostart/cloudnap.desktop',
  command: '/old/node /old/cloudnap run --quiet',
  starts: 'this program',
  when: 'desktop',
};

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

describe('cloudnap autostart', () => {
  it('enables, tells and disables, each as often as it is asked to', async () => {
    for (const word of ['enable', 'enable', 'status']) {
      const { exit, out } = await bench.run('autostart', word);
      expect([exit, out]).toEqual([
        0,
        expect.stringMatching(/^Cloudnap starts when you log in .*cloudnap\.service\n$/),
      ]);
    }
    expect(JSON.parse((await bench.run('autostart', '--json')).out)).toMatchObject({
      enabled: true,
      tried: true,
      entry: { kind: 'systemd', starts: 'this program', when: 'desktop' },
    });
    for (const word of ['disable', 'disable', 'status'])
      expect((await bench.run('autostart', word)).out).toBe('Cloudnap does not start at login.\n');
    expect(JSON.parse((await bench.run('autostart', '--json')).out)).toEqual({
      enabled: false,
      tried: true,
      entry: null,
    });
  });

  it('hands on the home', async () => {
    const homes: (string | undefined)[] = [];
    bench.context.autostart = async (home) => {
      homes.push(home);
      return bench.autostart;
    };
    await bench.run('autostart', 'enable', '--home', '/some where');
    await bench.run('autostart', 'enable');
    expect(homes).toEqual(['/some where', undefined]);
  });

  it.each([
    ['another program', 'out of date'],
    ['another home', 'another --home'],
  ] as const)('shows what starts %s, with the cure', async (starts, told) => {
    Object.assign(bench.autostart, { enabled: true, entry: { ...ENTRY, starts } });
    const { exit, out } = await bench.run('autostart', 'status');
    expect(exit).toBe(0);
    expect(out).toContain(told);
    expect(out).toContain(ENTRY.command);
    expect(out).toContain('"cloudnap autostart enable"');
  });

  it('tells what is switched off, what has no display, and what was never tried', async () => {
    Object.assign(bench.autostart, { enabled: false, entry: ENTRY });
    expect((await bench.run('autostart')).out).toMatch(/does not start at login.*switched off/);
    Object.assign(bench.autostart, { enabled: true, entry: { ...ENTRY, when: 'login' } });
    expect((await bench.run('autostart')).out).toContain('without a display');
    bench.autostart.tried = false;
    expect((await bench.run('autostart')).out).toContain('never tried');
  });
});
