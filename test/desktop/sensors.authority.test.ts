/** An X server that lets in only who has its cookie: with XAUTHORITY, without it, and with a wrong one. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/core/errors.js';

import { x11Probes } from '../../src/sensors/x11/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { desktopSkipped, startXServer, type XServer } from './xserver.js';

const OPTIONS = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};
const FAMILY_LOCAL = 256;

/** An authority file with one cookie for every display of this host, in the format of libXau. */
function authority(cookie: Buffer): Buffer {
  const counted = (bytes: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return [length, bytes];
  };
  const family = Buffer.alloc(2);
  family.writeUInt16BE(FAMILY_LOCAL);
  const parts = [Buffer.from(hostname()), Buffer.from(''), Buffer.from('MIT-MAGIC-COOKIE-1'), cookie];
  return Buffer.concat([family, ...parts.flatMap(counted)]);
}

describe.skipIf(desktopSkipped)('an X server that asks for a cookie', () => {
  const before = process.env.XAUTHORITY;
  let folder: string;
  let right: string;
  let wrong: string;
  let server: XServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloudnap-authority-'));
    right = join(folder, 'right');
    wrong = join(folder, 'wrong');
    await writeFile(right, authority(randomBytes(16)));
    await writeFile(wrong, authority(randomBytes(16)));
    server = await startXServer({ authority: right });
  });
  afterEach(() => {
    if (before === undefined) delete process.env.XAUTHORITY;
    else process.env.XAUTHORITY = before;
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const startKeyboard = () =>
    x11Probes({ clock: systemClock(), env: server.env }).keyboard.start(OPTIONS, {
      activity: () => {},
      died: () => {},
    });

  test('lets in who has it', async () => {
    process.env.XAUTHORITY = right;
    const sensor = await startKeyboard();
    await sensor.read();
    await sensor.stop();
  });

  test.each([
    ['another', () => wrong],
    ['none', () => join(folder, 'absent')],
    ['a folder instead', () => folder],
  ])('refuses who has %s, with the cure', async (_what, file) => {
    process.env.XAUTHORITY = file();
    const error = await startKeyboard().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Unavailable);
    expect((error as Unavailable).cure).toContain('XAUTHORITY');
  });
});
