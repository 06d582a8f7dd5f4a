/** Where the session bus is asked, and where X11 is left to tell more: by what the environment says of the session. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SensorOptions, SensorSink } from '../../../src/core/sensor.js';
import { gnomeProbes } from '../../../src/sensors/gnome/probes.js';
import { FakeClock } from '../../fakes/clock.js';

const OPTIONS: SensorOptions = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};
const sink: SensorSink = { activity: () => {}, died: () => {} };

const X11 = 'this is an X11 session';
/** It is asked, and is not there. */
const ASKED = 'no session bus at';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-session-'));
  writeFileSync(join(folder, 'wayland-0'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['a Wayland session with XWayland', { WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0' }, ASKED],
  ['one that says so by its type alone', { XDG_SESSION_TYPE: 'wayland', DISPLAY: ':0' }, ASKED],
  ['an X11 session', { XDG_SESSION_TYPE: 'x11', DISPLAY: ':0' }, X11],
  ['a display and nothing else', { DISPLAY: ':0' }, X11],
  ['from outside of a Wayland session, with a display', { DISPLAY: ':0', XDG_RUNTIME_DIR: 'FOLDER' }, ASKED],
  ['from outside, without a display', {}, ASKED],
  ['over SSH', { XDG_SESSION_TYPE: 'tty' }, ASKED],
])('%s', async (_what, given, reason) => {
  const env: NodeJS.ProcessEnv = { ...given, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/no-bus` };
  if (given.XDG_RUNTIME_DIR) env.XDG_RUNTIME_DIR = folder;
  const probe = gnomeProbes({ clock: new FakeClock(), env }).keyboard;
  await expect(probe.start(OPTIONS, sink)).rejects.toThrow(reason);
});
