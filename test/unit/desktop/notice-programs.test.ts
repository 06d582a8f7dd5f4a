/** What PowerShell and osascript are given to show: nothing that is told is ever read as a command. Neither is run. */
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../../src/core/desktop.js';
import type { RunProgram } from '../../../src/desktop/autostart-place.js';
import { macosNotifier } from '../../../src/desktop/notice-macos.js';
import { windowsNotifier } from '../../../src/desktop/notice-windows.js';

const NASTY = `'; Remove-Item C:\\ ; "$(calc)" \`n <text>&amp; ' + 'ä한 -e -x\n--`;
const NOTICE: Notice = {
  slot: 'warning',
  title: `A nap ${NASTY}`,
  body: NASTY,
  urgency: 'normal',
  actions: [{ key: 'keep', label: 'Keep running' }],
  lastsMs: 60_000,
};

/** Remembers what would have been run. */
function recorder(result: { isDone: boolean; complaint: string } = { isDone: true, complaint: '' }) {
  const lines: (readonly string[])[] = [];
  const run: RunProgram = async (program, args) => {
    lines.push([program, ...args]);
    return { ...result, output: '' };
  };
  return { lines, run };
}

/** The script as PowerShell reads it, with what stands in base64 in it. */
function scriptOf(line: readonly string[] | undefined): { script: string; told: Record<string, unknown> } {
  const script = Buffer.from(line?.at(-1) ?? '', 'base64').toString('utf16le');
  const [, json = ''] = /FromBase64String\('([A-Za-z0-9+/=]*)'\)/.exec(script) ?? [];
  return { script, told: JSON.parse(Buffer.from(json, 'base64').toString('utf8')) };
}

describe('Windows', () => {
  test('a toast: the texts are data, and the script is the same for any of them', async () => {
    const { lines, run } = recorder();
    const notifier = windowsNotifier(run);
    notifier.show(NOTICE);
    notifier.show({ ...NOTICE, title: 'plain', body: 'plain' });
    await notifier.stop();
    expect(lines[0]?.slice(0, -1)).toEqual([
      ...['powershell.exe', '-NoProfile', '-NonInteractive', '-EncodedCommand'],
    ]);
    expect(lines[0]?.at(-1)).toMatch(/^[A-Za-z0-9+/=]+$/);
    const [first, second] = [scriptOf(lines[0]), scriptOf(lines[1])];
    expect(first.told).toMatchObject({ slot: 'warning', title: NOTICE.title, body: NASTY, lastsMs: 60_000 });
    const fixed = ({ script }: typeof first) => script.replace(/FromBase64String\('[^']*'\)/, '');
    expect(fixed(first)).toBe(fixed(second));
    expect(fixed(first)).not.toContain('Remove-Item');
    expect(Math.max(...lines.map((line) => line.join(' ').length))).toBeLessThan(32_000);
  });

  test('is taken back by its slot, once, also at the end', async () => {
    const { lines, run } = recorder();
    const notifier = windowsNotifier(run);
    notifier.withdraw('naps');
    notifier.show(NOTICE);
    await notifier.stop();
    await notifier.stop();
    expect(lines).toHaveLength(2);
    const { script, told } = scriptOf(lines[1]);
    expect(script).toContain('History.Remove($told.slot');
    expect(told).toMatchObject({ slot: 'warning' });
  });

  test('that cannot be shown is said to doctor, with a cure', async () => {
    const { run } = recorder({ isDone: false, complaint: 'not found' });
    const notifier = windowsNotifier(run);
    notifier.show(NOTICE);
    await notifier.stop();
    expect(notifier.health()).toMatchObject({
      state: 'unavailable',
      reason: 'powershell.exe failed: not found',
      cure: expect.stringContaining('powershell.exe'),
    });
  });
});

describe('macOS', () => {
  test('the texts are arguments of a script that never changes; nothing can be taken back', async () => {
    const { lines, run } = recorder();
    const notifier = macosNotifier(run);
    notifier.show(NOTICE);
    notifier.withdraw('warning');
    await notifier.stop();
    expect(lines).toEqual([
      [
        'osascript',
        ...['-e', 'on run argv'],
        ...['-e', 'display notification (item 2 of argv) with title (item 1 of argv)'],
        ...['-e', 'end run'],
        ...[NOTICE.title, NASTY],
      ],
    ]);
    expect(notifier.health()).toMatchObject({
      state: 'working',
      mechanism: expect.stringContaining('not tried'),
    });
  });
});
