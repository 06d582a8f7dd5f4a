/** The end of the log and what is added to it, over rotations, on real files and a fake clock. */
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { follow, lastLines } from '../../../src/cli/log-tail.js';
import { FakeClock } from '../../fakes/clock.js';
import { openBench } from './bench.js';

let folder: string;
let log: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cloudnap-tail-'));
  log = path.join(folder, 'aws_monitor.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const all = () => true;

describe('the last lines', () => {
  it('go back into older files as far as needed', async () => {
    await writeFile(`${log}.2`, '1\n2\n');
    await writeFile(`${log}.1`, '3\n4\n');
    await writeFile(log, '5\n6\n');
    expect(lastLines(log, 3, all)).toEqual(['4', '5', '6']);
    expect(lastLines(log, 50, all)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(lastLines(log, 2, (line) => Number(line) % 2 === 0)).toEqual(['4', '6']);
    expect(lastLines(log, 0, all)).toEqual([]);
  });

  it('are undefined where there is no log, and there between two files of a rotation', async () => {
    expect(lastLines(log, 3, all)).toBeUndefined();
    await writeFile(`${log}.1`, '1\n');
    expect(lastLines(log, 3, all)).toEqual(['1']);
  });
});

describe('a followed log', () => {
  /** Follows in the background; `step` lets it look once more and returns all it has seen. */
  function following() {
    const clock = new FakeClock();
    const end = new AbortController();
    const seen: string[] = [];
    const done = (async () => {
      for await (const line of follow(log, clock, end.signal)) seen.push(line);
    })();
    return {
      step: async () => {
        await clock.advance(250);
        return seen;
      },
      stop: async () => {
        end.abort();
        await done;
      },
    };
  }

  it('shows what is added, line by line, also a line that comes in pieces', async () => {
    await writeFile(log, 'old\n');
    const tail = following();
    expect(await tail.step()).toEqual([]);
    await appendFile(log, 'one\ntw');
    expect(await tail.step()).toEqual(['one']);
    await appendFile(log, 'o 절\nthree\n');
    expect(await tail.step()).toEqual(['one', 'two 절', 'three']);
    await tail.stop();
  });

  it('goes from a rotated file to the next one without losing what came last', async () => {
    await writeFile(log, '');
    const tail = following();
    await tail.step();
    await appendFile(log, 'last of the old\n');
    await rename(log, `${log}.1`);
    expect(await tail.step()).toEqual(['last of the old']);
    await appendFile(`${log}.1`, 'cut off');
    await writeFile(log, 'first of the new\n');
    await tail.step();
    expect(await tail.step()).toEqual(['last of the old', 'cut off', 'first of the new']);
    await tail.stop();
  });

  it('waits for a log that is not there yet, and reads one that was emptied from its start', async () => {
    const tail = following();
    expect(await tail.step()).toEqual([]);
    await writeFile(log, 'a line that is long\n');
    await tail.step();
    expect(await tail.step()).toEqual(['a line that is long']);
    await truncate(log);
    await appendFile(log, 'short\n');
    expect(await tail.step()).toEqual(['a line that is long', 'short']);
    await tail.stop();
  });
});

describe('the command', () => {
  it('shows levels from the one asked for, pretty or as they are', async () => {
    const bench = await openBench();
    try {
      expect(await bench.run('logs')).toMatchObject({ exit: 1, err: expect.stringContaining('no log') });
      const line = (level: string) =>
        JSON.stringify({ level, time: '2026-01-05T09:00:00.000Z', msg: `a ${level}` });
      await writeFile(bench.paths.log, `${['debug', 'info', 'warn', 'error'].map(line).join('\n')}\n`);
      const plain = await bench.run('logs', '--level', 'warn');
      expect(
        plain.out
          .trim()
          .split('\n')
          .map((text) => text.slice(-7).trim()),
      ).toEqual(['a warn', 'a error']);
      expect((await bench.run('logs', '-n', '1', '--json')).out).toBe(`${line('error')}\n`);
    } finally {
      await bench.close();
    }
  });
});
