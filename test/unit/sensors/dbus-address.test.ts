/** Which message bus is used, and what is said where there is none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../../src/core/errors.js';
import { systemClock } from '../../../src/system/clock.js';
import { findBus } from '../../../src/system/dbus/address.js';

describe('the address of a bus', () => {
  const clock = systemClock();
  let folder: string;
  let servers: Server[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloudnap-dbus-'));
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(folder, { recursive: true, force: true });
  });

  const listen = async (name: string) => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    servers.push(server);
    const path = name.startsWith('\0') ? name : join(folder, name);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return path;
  };

  test('is what the environment says', async () => {
    const address = `unix:path=${await listen('session')},guid=0123`;
    expect(await findBus('session', { DBUS_SESSION_BUS_ADDRESS: address }, clock)).toBe(address);
    expect(await findBus('system', { DBUS_SYSTEM_BUS_ADDRESS: address }, clock)).toBe(address);
  });

  test('is in the runtime folder where the environment names none', async () => {
    const path = await listen('bus');
    expect(await findBus('session', { XDG_RUNTIME_DIR: folder }, clock)).toBe(`unix:path=${path}`);
  });

  test('may be an abstract one, and the first of several that takes connections', async () => {
    const name = `${folder}/abstract`;
    await listen(`\0${name}`);
    const list = `launchd:env=X;unix:path=${folder}/none;unix:abstract=${name}`;
    expect(await findBus('session', { DBUS_SESSION_BUS_ADDRESS: list }, clock)).toBe(`unix:abstract=${name}`);
  });

  test.each([
    ['no session bus: neither', {}],
    ['ENOENT', { XDG_RUNTIME_DIR: '/nowhere' }],
    ['not supported', { DBUS_SESSION_BUS_ADDRESS: 'autolaunch:' }],
  ])('says what is missing, and what can be done: %s', async (reason, env) => {
    const failure = await findBus('session', env, clock).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unavailable);
    expect(failure).toMatchObject({
      message: expect.stringContaining(reason),
      cure: expect.stringContaining('DBUS_SESSION_BUS_ADDRESS'),
    });
  });
});
