/** Whose a sender's socket is, from the kernel's own lists and from written ones. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SameUser } from '../../../src/servers/udp/same-user.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-net-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HEAD =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';
const row = (local: string, uid: number) =>
  ` 1234: ${local} 00000000:0000 07 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 4711 2 0000000000000000 0\n`;
const write = (udp: string, udp6 = '') => {
  writeFileSync(path.join(folder, 'udp'), HEAD + udp);
  writeFileSync(path.join(folder, 'udp6'), HEAD + udp6);
};
const PORT = 0x1f90;
const v4 = { address: '127.0.0.1', port: PORT };
const v6 = { address: '::1', port: PORT };
const LO = '0100007F';
const ANY6 = '0'.repeat(32);
const LO6 = '00000000000000000000000001000000';
const MAPPED = '0000000000000000FFFF00000100007F';

// The lists are written in the machine's own byte order; these are from a little-endian one.
describe.skipIf(os.endianness() !== 'LE')('the owner of a socket', () => {
  it.each([
    ['its own address', v4, row(`${LO}:1F90`, 1000), '', true],
    ['any address', v4, row('00000000:1F90', 1000), '', true],
    ['any IPv6 address, IPv4 included', v4, '', row(`${ANY6}:1F90`, 1000), true],
    ['a mapped address', v4, '', row(`${MAPPED}:1F90`, 1000), true],
    ['IPv6 loopback', v6, '', row(`${LO6}:1F90`, 1000), true],
    ['root', v4, row(`${LO}:1F90`, 0), '', true],
    ['another user', v4, row(`${LO}:1F90`, 1001), '', false],
    ['another user among ours', v4, row(`${LO}:1F90`, 1000) + row('00000000:1F90', 1001), '', false],
    ['another port', v4, row(`${LO}:1F91`, 1000), '', false],
    ['another address', v4, row('0200007F:1F90', 1000), '', false],
    ['nobody', v4, '', '', false],
    ['an IPv4 socket for an IPv6 sender', v6, row('00000000:1F90', 1000), '', false],
  ])('%s', (_what, peer, udp, udp6, admitted) => {
    write(udp, udp6);
    expect(new SameUser(1000, folder).admit([peer], 0)).toEqual([admitted]);
  });

  it('is looked up again after a tenth of a second, and at once when it was not welcome', () => {
    write(row(`${LO}:1F90`, 1000));
    const door = new SameUser(1000, folder);
    expect(door.admit([v4], 0)).toEqual([true]);
    write(row(`${LO}:1F90`, 1001));
    expect(door.admit([v4, v4], 99)).toEqual([true, true]);
    expect(door.admit([v4], 100)).toEqual([false]);
    write(row(`${LO}:1F90`, 1000));
    expect(door.admit([v4], 100)).toEqual([true]);
  });

  it('admits nobody when there are no lists', () => {
    expect(new SameUser(1000, path.join(folder, 'nothing')).admit([v4, v6], 0)).toEqual([false, false]);
  });
});

describe.runIf(process.platform === 'linux')('this machine', () => {
  it('lists our own socket while it is open, and not after', async () => {
    const uid = process.getuid?.() ?? -1;
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const peer = { address: '127.0.0.1', port: socket.address().port };
    expect(new SameUser(uid).admit([peer], 0)).toEqual([true]);
    // Root's sockets are served to everybody, so only as another user can a stranger be told here.
    if (uid !== 0) expect(new SameUser(uid + 1).admit([peer], 0)).toEqual([false]);
    await new Promise<void>((resolve) => socket.close(resolve));
    expect(new SameUser(uid).admit([peer], 0)).toEqual([false]);
  });
});
