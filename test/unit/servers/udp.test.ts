/** The UDP server over real sockets: requests that are repeated, limits, who is served, and the end. */
import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import type { Doorkeeper } from '../../../src/servers/udp/same-user.js';
import { UdpFault, type UdpServer } from '../../../src/servers/udp/serve-udp.js';
import { ask, client, clock, control, lines, serve, serveEachTest, server, settings } from './udp-bench.js';
import { UdpClient } from './udp-client.js';

serveEachTest();

describe('the same request again', () => {
  it('gets the first reply, for a minute, from the same peer, and acts once', async () => {
    const hold = ask('HOLD', { minutes: 5 });
    const first = await client.text(JSON.stringify(hold));
    await clock.advance(59_000);
    expect(await client.text(JSON.stringify({ ...hold, timestamp: 5, source: 'again' }))).toBe(first);
    expect(control.count('hold')).toBe(1);

    await client.json({ ...hold, content: { minutes: 6 } });
    await client.json({ ...hold, id: 'other' });
    await client.json({ ...hold, type: 'RELEASE', content: {} });
    expect(control.count('hold')).toBe(3);
    const other = await UdpClient.open(server.address);
    await other.json(hold);
    other.close();
    expect(control.count('hold')).toBe(4);

    await clock.advance(1_001);
    await client.json(hold);
    expect(control.count('hold')).toBe(5);
  });

  it('waits for the first when that is still being carried out', async () => {
    const open = control.block();
    const hold = JSON.stringify(ask('HOLD', { minutes: 5 }));
    for (let copy = 0; copy < 3; copy += 1) client.send(hold);
    expect(await client.text('PING')).toContain('pong');
    expect(control.count('hold')).toBe(1);
    open();
    const replies = [await client.next(), await client.next(), await client.next()].map(String);
    expect(new Set(replies).size).toBe(1);
  });

  it('is not known in text, which has no id: each one acts', async () => {
    await client.text('HOLD:5');
    await client.text('HOLD:5');
    expect(control.count('hold')).toBe(2);
  });

  it('keeps the replies of changes through a flood of questions', async () => {
    const hold = ask('HOLD', { minutes: 5 });
    await client.json(hold);
    for (let round = 0; round < 3_000; round += 1) await client.text(`{"id":${round},"type":"PING"}`);
    await client.json(hold);
    expect(control.count('hold')).toBe(1);
  });
});

describe('limits', () => {
  it('lets 20 requests a second call AWS, for each peer, and all others through', async () => {
    for (let n = 0; n < 20; n += 1) expect(await client.text('LIST_EC2')).toContain('OK');
    expect(await client.text('START_EC2:i-0aaa:eu-central-1')).toBe(
      'ERROR RATE_LIMITED More than 20 requests a second that call AWS. Try again in a second.',
    );
    expect((await client.json(ask('AWS_ALL_LIST', {}, 'late'))).content.error.code).toBe('RATE_LIMITED');
    for (let n = 0; n < 50; n += 1) expect(await client.text('STATUS')).toContain('OK');
    const other = await UdpClient.open(server.address);
    expect(await other.text('LIST_EC2')).toContain('OK');
    other.close();
    await clock.advance(1_000);
    // A refusal is not a first reply: the same request may be made again and then acts.
    expect((await client.json(ask('AWS_ALL_LIST', {}, 'late'))).content.success).toBe(true);
    expect(control.count('start')).toBe(0);
  });

  it('carries out a bounded number of requests at once', async () => {
    const open = control.block();
    for (let n = 0; n < 1_024; n += 1) {
      client.send('STATUS');
      if (n % 32 === 31) await client.text('NOTHING');
    }
    expect(await client.text('STATUS')).toContain('ERROR RATE_LIMITED');
    open();
    while (!(await client.text('STATUS')).includes('OK STATUS')) await client.next();
    expect(control.count('status')).toBeLessThanOrEqual(1_025 + 1);
  });
});

describe('who is served', () => {
  it('on loopback, whom the doorkeeper admits; others are told', async () => {
    const nobody: Doorkeeper = { admit: (peers) => peers.map(() => false) };
    const strict = await serve({ doorkeeper: nobody });
    const stranger = await UdpClient.open(strict.address);
    expect(await stranger.text('NAP')).toMatch(/^ERROR UNAUTHORIZED /);
    expect(await stranger.json(ask('NAP', {}))).toMatchObject({
      id: null,
      type: 'ERROR_RESPONSE',
      content: { error: { code: 'UNAUTHORIZED' } },
    });
    expect(control.calls).toEqual([]);
    expect(lines).toEqual(['A UDP request was turned away: its socket is not of this user']);
    stranger.close();
    await strict.close();
  });

  it('IPv6 loopback too', async () => {
    const six = await serve({ settings: { ...settings, ip: '::1' } }).catch((fault: unknown) => fault);
    if (six instanceof UdpFault) return expect(six.message).toContain('[::1]');
    const peer = await UdpClient.open((six as UdpServer).address);
    expect(await peer.text('HOLD:1')).toContain('OK HOLD 0');
    expect(control.calls[0]?.by).toBe(`udp ${peer.name}`);
    peer.close();
    await (six as UdpServer).close();
  });

  it('no other address without a secret', async () => {
    const fault = await serve({ settings: { ...settings, ip: '0.0.0.0' } }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(UdpFault);
    expect(fault).toMatchObject({ hint: expect.stringContaining('CLOUDNAP_UDP_SECRET') });
    await expect(serve({ settings: { ...settings, ip: '0.0.0.0' }, secret: '' })).rejects.toThrow('secret');
  });

  it('names the port that is taken, and the cure', async () => {
    const { port } = server.address;
    const fault = await serve({ settings: { ...settings, port } }).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      message: `UDP 127.0.0.1:${port} is in use by another program`,
      hint: expect.stringContaining('udp_server.port'),
    });
    await expect(serve({ settings: { ...settings, ip: '203.0.113.7' }, secret: 's' })).rejects.toThrow(
      'no such address',
    );
    await expect(serve({ settings: { ...settings, ip: 'no such name.invalid' } })).rejects.toThrow(UdpFault);
  });
});

describe('closing', () => {
  it('answers what is being carried out, takes nothing new, and frees the port', async () => {
    const open = control.block();
    client.send('STATUS');
    while (control.count('status') === 0) await new Promise(setImmediate);
    const closed = server.close();
    client.send('NAP');
    open();
    expect((await client.next()).toString()).toContain('OK STATUS');
    await closed;
    await server.close();
    expect(control.count('nap')).toBe(0);
    const again = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject);
      again.bind(server.address.port, '127.0.0.1', resolve);
    });
    again.close();
    expect(clock.pending).toBe(0);
  });

  it('does not wait for ever', async () => {
    control.block();
    client.send('STATUS');
    while (control.count('status') === 0) await new Promise(setImmediate);
    const closed = server.close();
    await clock.advance(2_000);
    await closed;
  });
});
