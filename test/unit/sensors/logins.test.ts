/** glibc's login record: who is logged in from another machine, and who at a display. */
import { describe, expect, test } from 'vitest';
import {
  isGraphical,
  isRemote,
  type Login,
  parseUtmp,
  utmpRecordSize,
} from '../../../src/sensors/terminals/logins.js';
import { utmpRecord } from '../../fakes/utmp.js';

const login = (line: string, host: string): Login => ({ user: 'ada', line, host });

describe.each(['x64', 'arm64'])('a record of logins on %s', (arch) => {
  const size = utmpRecordSize(arch);

  test('holds those that are going on', () => {
    const data = Buffer.concat([
      utmpRecord({ type: 2, user: 'reboot', line: '~', host: '6.1.0-13-amd64' }, size),
      utmpRecord({ user: 'ada', line: 'tty1', host: '' }, size),
      utmpRecord({ user: 'ada', line: 'pts/3', host: '192.0.2.7' }, size),
      utmpRecord({ type: 8, user: '', line: 'pts/4', host: '192.0.2.7' }, size),
    ]);
    expect(parseUtmp(data, size)).toEqual([login('tty1', ''), login('pts/3', '192.0.2.7')]);
  });

  test('may be empty or cut short', () => {
    expect(parseUtmp(Buffer.alloc(0), size)).toEqual([]);
    const record = utmpRecord({ user: 'ada', line: 'pts/3', host: '' }, size);
    expect(parseUtmp(Buffer.concat([record, record.subarray(0, 100)]), size)).toHaveLength(1);
  });

  test('may fill a field to its end', () => {
    const host = 'h'.repeat(256);
    const user = 'u'.repeat(32);
    const data = utmpRecord({ user, line: 'pts/3', host }, size);
    expect(parseUtmp(data, size)).toEqual([{ user, line: 'pts/3', host }]);
  });
});

test('the sizes are those of glibc', () => {
  expect(utmpRecordSize('x64')).toBe(384);
  expect(utmpRecordSize('arm64')).toBe(400);
});

test.each([
  ['ssh from an address', 'pts/3', '192.0.2.7', true, false],
  ['ssh from an address of IPv6', 'pts/3', '2001:db8::7', true, false],
  ['ssh from a link-local address', 'pts/3', 'fe80::1%eth0', true, false],
  ['ssh from this machine', 'pts/3', '::1', true, false],
  ['ssh from a name', 'pts/3', 'desk.example.org', true, false],
  ['mosh', 'pts/3', '192.0.2.7 via mosh [4711]', true, false],
  ['a console', 'tty1', '', false, false],
  ['tmux', 'pts/4', 'tmux(1234).%0', false, false],
  ['screen', 'pts/4', ':pts/3:S.0', false, false],
  ['screen inside of ssh', 'pts/4', ':192.0.2.7:S.0', false, false],
  ['a display manager', 'tty7', ':0', false, true],
  ['a display manager that names the display as the line', ':1', ':1', false, true],
  ['xterm', 'pts/0', ':0.0', false, true],
  ['xterm with a host', 'pts/0', 'unix:0', false, true],
])('%s', (_what, line, host, remote, graphical) => {
  expect(isRemote(login(line, host))).toBe(remote);
  expect(isGraphical(login(line, host))).toBe(graphical);
});
