/**
 * An X server of its own (Xvfb), and hands: input by XTEST from within this process, so that starting no program is
 * part of what is measured.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import x11 from 'x11';
import { openWindows } from './windows.mjs';

const KEY_SHIFT = 50;
const BUTTON_LEFT = 1;

/** Starts it; resolves to undefined where there is no Xvfb. */
export async function startXServer() {
  const server = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-noreset'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const number = await Promise.race([
    once(server.stdio[3], 'data').then(([data]) => String(data).trim()),
    once(server, 'error').then(() => undefined),
    once(server, 'exit').then(() => undefined),
  ]);
  if (number === undefined) return undefined;
  const display = `:${number}`;
  const { client, screen } = await connect(display);
  const { root } = screen[0];
  const xtest = await new Promise((resolve, reject) => {
    client.require('xtest', (error, extension) => (error ? reject(error) : resolve(extension)));
  });
  const { KeyPress, KeyRelease, ButtonPress, ButtonRelease, MotionNotify } = xtest;
  const fake = (type, detail, x = 0, y = 0) => xtest.FakeInput(type, detail, 0, 0, x, y);
  return {
    env: { DISPLAY: display },
    /** Presses a key and lets it go. */
    key() {
      fake(KeyPress, KEY_SHIFT);
      fake(KeyRelease, KEY_SHIFT);
    },
    click() {
      fake(ButtonPress, BUTTON_LEFT);
      fake(ButtonRelease, BUTTON_LEFT);
    },
    /** Puts the pointer there. */
    move: (x, y) => fake(MotionNotify, 0, x, y),
    /** Opens windows, and announces which one is active. */
    windows: () => openWindows(client, root),
    async stop() {
      client.terminate();
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}

function connect(display) {
  return new Promise((resolve, reject) => {
    const client = x11.createClient({ display, shm: false }, (error, connected) =>
      error ? reject(error) : resolve(connected),
    );
    client.on('error', () => {});
  });
}
