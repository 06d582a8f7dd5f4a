/** The process that asks the keyring, played by scripts: what it is told, and what becomes of it when it hangs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemKeyring } from '../../../src/desktop/keyring.js';
import { FakeClock } from '../../fakes/clock.js';

const SECRET = Buffer.from('0123456789abcdef0123456789abcdef');

let folder: string;
let clock: FakeClock;
let ending: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-keyring-'));
  clock = new FakeClock();
  ending = new AbortController();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A keyring whose process runs `script`, in which `request` is what it was asked and `reply` answers. */
function keyringWith(script: string, env: NodeJS.ProcessEnv = process.env) {
  const file = join(folder, 'child.mjs');
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
     import { createInterface } from 'node:readline';
     const lines = createInterface({ input: process.stdin });
     const reply = (value) => console.log(JSON.stringify(value));
     const note = (name, text) => writeFileSync(${JSON.stringify(folder)} + '/' + name, text);
     lines.once('line', (line) => { const request = JSON.parse(line); ${script} });`,
  );
  const child = { command: process.execPath, args: [file] };
  return systemKeyring({ child, account: 'a home', env, clock, ended: ending.signal });
}

const noted = (name: string) => {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
};

/** Waits until the child has said something by way of a file. */
async function untilNoted(name: string): Promise<string> {
  for (;;) {
    const text = noted(name);
    if (text) return text;
    await clock.flush();
  }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the process that asks the keyring', () => {
  it('is told by stdin alone what to write, and gets no variable that may hold a key', async () => {
    const keyring = keyringWith(
      `note('seen', JSON.stringify({ request, argv: process.argv, env: process.env })); reply({ done: true });`,
      { ...process.env, AWS_SECRET_ACCESS_KEY: 'k', cloudnap_udp_secret: 's', NODE_OPTIONS: '', LANG: 'C' },
    );
    await keyring.write(SECRET);
    const seen = JSON.parse(noted('seen') ?? '');
    expect(seen.request).toEqual({
      op: 'write',
      service: 'cloudnap',
      account: 'a home',
      mayAsk: true,
      secret: SECRET.toString('base64'),
    });
    expect(seen.argv).toHaveLength(2);
    expect(Object.keys(seen.env).filter((name) => /^(AWS_|CLOUDNAP_|NODE_OPTIONS)/i.test(name))).toEqual([]);
    expect(seen.env.LANG).toBe('C');
  });

  it('reads what is there, and tells that nothing is', async () => {
    const there = keyringWith(`reply({ done: true, secret: '${SECRET.toString('base64')}' });`);
    expect(await there.read({ mayAsk: false })).toEqual(SECRET);
    const empty = keyringWith('reply({ done: true, secret: null });');
    expect(await empty.read({ mayAsk: false })).toBeUndefined();
  });

  it.each([
    ['absent', 'no-keyring'],
    ['locked', 'locked'],
    ['failed', 'failed'],
  ])('passes on that the keyring is %s', async (reason, told) => {
    const keyring = keyringWith(`reply({ done: false, reason: '${reason}', message: 'so it is' });`);
    await expect(keyring.read({ mayAsk: false })).rejects.toMatchObject({
      reason: told,
      message: expect.stringContaining('so it is'),
      hint: expect.any(String),
    });
    expect(await keyring.probe()).toMatchObject({ available: false });
  });

  it.each([
    ['dies', 'process.exit(3);'],
    ['is killed', `process.kill(process.pid, 'SIGKILL');`],
    ['says nothing', 'process.stdout.end(); lines.close(); process.stdin.destroy();'],
  ])('that %s is a keyring that could not be asked', async (_, script) => {
    await expect(keyringWith(script).erase()).rejects.toMatchObject({ reason: 'failed' });
  });

  it('that cannot be started is a keyring that could not be asked', async () => {
    const child = { command: join(folder, 'nothing'), args: [] };
    const keyring = systemKeyring({ child, account: 'a', env: {}, clock, ended: ending.signal });
    await expect(keyring.read({ mayAsk: false })).rejects.toMatchObject({ reason: 'failed' });
    expect(clock.pending).toBe(0);
  });

  it('is killed when it does not answer: soon when nobody was asked, later when a person was', async () => {
    const keyring = keyringWith(`note('pid', String(process.pid)); setInterval(() => {}, 1_000);`);
    const quiet = expect(keyring.read({ mayAsk: false })).rejects.toMatchObject({ reason: 'locked' });
    const pid = Number(await untilNoted('pid'));
    await clock.advance(15_000);
    await quiet;
    while (isAlive(pid)) await clock.flush();

    rmSync(join(folder, 'pid'));
    const asking = keyring.read({ mayAsk: true });
    let over = false;
    asking.catch(() => {
      over = true;
    });
    await untilNoted('pid');
    await clock.advance(15_000);
    expect(over).toBe(false);
    await clock.advance(105_000);
    await expect(asking).rejects.toMatchObject({ reason: 'locked' });
    expect(clock.pending).toBe(0);
  });

  it('is killed when the daemon ends, which waits for nobody', async () => {
    const keyring = keyringWith(`note('pid', String(process.pid)); setInterval(() => {}, 1_000);`);
    const asking = keyring.read({ mayAsk: true });
    const pid = Number(await untilNoted('pid'));
    ending.abort();
    await expect(asking).rejects.toMatchObject({ name: 'KeyStoreError' });
    while (isAlive(pid)) await clock.flush();
    await expect(keyring.read({ mayAsk: true })).rejects.toMatchObject({ name: 'KeyStoreError' });
  });
});
