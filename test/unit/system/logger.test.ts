/** The log on a real disk: its form, its modes, rotation, secrets, and a disk that fails. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openLogFile } from '../../../src/system/log-file.js';
import { createLogger } from '../../../src/system/logger.js';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-log-'));
  file = path.join(dir, 'aws_monitor.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

const lines = () =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const modes = () => readdirSync(dir).map((name) => statSync(path.join(dir, name)).mode & 0o777);

it('writes JSON lines with level, time and fields, and obeys its level', async () => {
  const log = await createLogger({ path: file });
  log.debug('not shown');
  log.info('started', { version: '1.2.3' });
  log.warn('odd', { level: 'mine', time: 1, msg: 'other' });
  log.error('100%s', { error: new Error('outer', { cause: new Error('inner') }) });
  await log.close();
  log.info('after the end');
  const [started, odd, failed] = lines();
  expect(lines()).toHaveLength(3);
  expect(started).toMatchObject({ level: 'info', msg: 'started', version: '1.2.3' });
  expect(new Date(started?.time as string).toISOString()).toBe(started?.time);
  expect(odd).toMatchObject({ level: 'warn', msg: 'odd', level_: 'mine', time_: 1, msg_: 'other' });
  expect(failed).toMatchObject({ msg: '100%s', error: { message: 'outer', cause: { message: 'inner' } } });
});

it('lets no secret through, in message, field or cause', async () => {
  const log = await createLogger({ path: file });
  const cause = new Error('with AKIAIOSFODNN7EXAMPLE', { cause: { sessionToken: 'FwoG' } });
  log.info('password=hunter2', { error: new Error('no', { cause }), aws: { secretAccessKey: 'wJalr' } });
  await log.close();
  const text = readFileSync(file, 'utf8');
  for (const secret of ['hunter2', 'AKIA', 'FwoG', 'wJalr']) expect(text).not.toContain(secret);
  expect(text).toContain('[redacted]');
});

it('rotates by size, keeps five old files, all of them 0600', async () => {
  const log = await createLogger({ path: file, maxBytes: 2_000 });
  for (let n = 0; n < 200; n += 1) log.info(`line ${n} ${'.'.repeat(100)}`);
  await log.close();
  expect(readdirSync(dir).sort()).toEqual(
    ['', '.1', '.2', '.3', '.4', '.5'].map((end) => `aws_monitor.log${end}`),
  );
  expect(new Set(modes())).toEqual(new Set([0o600]));
  const kept = ['.5', '.4', '.3', '.2', '.1', '']
    .map((end) => readFileSync(`${file}${end}`, 'utf8'))
    .join('');
  const numbers = [...kept.matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => 200 - numbers.length + n));
});

it('closes a log to others that was open to them', async () => {
  const first = await createLogger({ path: file });
  first.info('one');
  await first.close();
  chmodSync(file, 0o644);
  const second = await createLogger({ path: file });
  second.info('two');
  await second.close();
  expect(lines().map((line) => line.msg)).toEqual(['one', 'two']);
  expect(modes()).toEqual([0o600]);
});

it.each([false, true])('shows lines on the terminal too, without secrets (as JSON: %s)', async (json) => {
  let shown = '';
  const terminal = new Writable({
    write(chunk, _encoding, done) {
      shown += String(chunk);
      done();
    },
  });
  const log = await createLogger({ path: file, terminal: { stream: terminal, json } });
  log.warn('token=abc1 is odd', { password: 'hunter2' });
  await log.close();
  if (json) expect(shown).toBe(readFileSync(file, 'utf8'));
  else expect(shown).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: token=\[redacted\] is odd\n$/);
  expect(lines()).toHaveLength(1);
});

it.each([false, true])('goes on in the file when the terminal is gone (as JSON: %s)', async (json) => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const log = await createLogger({ path: file, terminal: { stream, json } });
  for (const message of ['one', 'two', 'three']) {
    log.info(message);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  expect(lines().map((line) => line.msg)).toEqual(['one', 'two', 'three']);
});

it('survives a field that cannot be read', async () => {
  const log = await createLogger({ path: file });
  log.info('still told', {
    get broken() {
      throw new Error('no');
    },
  });
  await log.close();
  expect(lines()).toMatchObject([{ msg: 'still told' }]);
});

it('goes on when the disk fails, and then says how many lines were lost', async () => {
  let time = 0;
  const now = vi.fn(() => time);
  const lost = (count: number, why: string) => `lost ${count}: ${why}\n`;
  const log = openLogFile({ file, maxBytes: 10, keep: 2, now, lost });
  // What stands in place of the oldest file cannot be replaced: rotating fails after the first line.
  writeFileSync(`${file}.1`, '');
  mkdirSync(path.join(`${file}.2`, 'in the way'), { recursive: true });
  log.write('first line\n');
  await vi.waitFor(() => expect(now, 'the failure has its time noted').toHaveBeenCalledTimes(2));
  log.write('at once\n');
  time = 4_999;
  log.write('too soon\n');
  rmSync(`${file}.2`, { recursive: true });
  time = 5_000;
  log.write('back\n');
  await log.close();
  const written = readdirSync(dir).sort().reverse();
  const text = written.map((name) => readFileSync(path.join(dir, name), 'utf8')).join('');
  // The first line was written, but its writing is what failed: it counts.
  expect(text).toMatch(/^first line\nlost 3: EISDIR[^\n]*\nback\n$/);
});

it('drops lines instead of taking more and more memory while the disk hangs', async () => {
  const log = openLogFile({ file, maxBytes: 1e9, keep: 1, lost: (count) => `lost ${count}\n` });
  const line = `${'x'.repeat(9_999)}\n`;
  // All in one turn: nothing can be written meanwhile.
  for (let n = 0; n < 1_000; n += 1) log.write(line);
  await vi.waitFor(() => expect(statSync(file).size).toBe(100 * line.length));
  log.write('end\n');
  await log.close();
  expect(readFileSync(file, 'utf8')).toMatch(/\nlost 900\nend\n$/);
});
