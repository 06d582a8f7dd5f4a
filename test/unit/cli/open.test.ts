/** `cloudnap open`: what it hands to the browser, and to whom else not. */
import { readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, openBench } from './bench.js';

const INVITATION = { address: 'http://127.0.0.1:20201/open', token: 'a-one-time-token' };

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

describe('cloudnap open', () => {
  test('hands the token to the browser in a file of the owner alone, and prints it nowhere', async () => {
    const opened: string[] = [];
    Object.assign(bench.context, {
      openInBrowser: async (path: string) => {
        opened.push(path);
        return true;
      },
    });
    await bench.serve(INVITATION);
    const { exit, out, err } = await bench.run('open');
    expect([exit, opened]).toEqual([0, [bench.paths.pass]]);
    expect(out).toContain('http://127.0.0.1:20201');
    expect(out + err).not.toContain(INVITATION.token);
    const page = await readFile(bench.paths.pass, 'utf8');
    expect(page).toContain(`action="${INVITATION.address}"`);
    expect(page).toContain(`value="${INVITATION.token}"`);
    expect((await stat(bench.paths.pass)).mode & 0o777).toBe(0o600);
  });

  test('names the file where there is no browser', async () => {
    await bench.serve(INVITATION);
    expect((await bench.run('open')).out).toContain(`file://${bench.paths.pass}`);
    expect(JSON.parse((await bench.run('open', '--no-browser', '--json')).out)).toEqual({
      address: 'http://127.0.0.1:20201',
      file: bench.paths.pass,
      opened: false,
    });
  });

  test('says how to switch the dashboard on when it is off', async () => {
    await bench.serve();
    const { exit, err } = await bench.run('open');
    expect([exit, err]).toEqual([5, expect.stringContaining('dashboard.enabled')]);
  });

  test('needs a daemon', async () => {
    expect((await bench.run('open')).exit).toBe(4);
  });
});
