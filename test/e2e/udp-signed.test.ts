/** UDP on another address than loopback: nothing without a secret, and with one only what is signed, timely and new. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { Program } from './program.js';
import { UdpClient } from './udp-client.js';
import { startQuickSandbox } from './udp-door.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startQuickSandbox();
});
afterAll(() => sandbox?.close());

describe('another address than loopback', () => {
  const SECRET = 'a secret of enough characters, in the environment';
  const sign = (id: string, type: string, timestamp: number, content: string, secret = SECRET) => {
    const signature = createHmac('sha256', secret)
      .update([id, type, timestamp, content].join('\n'))
      .digest('hex');
    return `{"id":"${id}","type":"${type}","timestamp":${timestamp},"source":"x","content":${content},"signature":"${signature}"}`;
  };
  const now = () => Math.floor(Date.now() / 1000);
  const settings = { udp_server: { ip: '0.0.0.0' }, activity_monitor: { inactivity_timeout_minutes: 30 } };

  it('is not served without a secret, and shown', async () => {
    const open = await Program.prepare({ endpoint: sandbox.endpoint, settings });
    try {
      await open.start({}, async () => (await open.run('status')).exit === 0);
      const { conditions } = await open.json<{ conditions: { id: string; message: string }[] }>('status');
      expect(conditions.find(({ id }) => id === 'udp')?.message).toMatch(/secret/i);
      expect(await open.udp('PING', 300)).toBe('');
    } finally {
      await open.dispose();
    }
  });

  it('is served what is signed, timely and new, and answers nothing else', async () => {
    const open = await Program.prepare({
      endpoint: sandbox.endpoint,
      settings,
      env: { CLOUDNAP_UDP_SECRET: SECRET },
    });
    const peer = await UdpClient.open(open.udpPort);
    try {
      const answered = async (request: string) => {
        peer.send(request);
        return JSON.parse((await peer.receive())[0] ?? '');
      };
      await open.start({}, async () => (await open.run('status')).exit === 0);
      const first = sign('one', 'PING', now(), '{}');
      expect(await answered(first)).toMatchObject({
        id: 'one',
        type: 'PING_RESPONSE',
        content: { success: true },
      });
      for (const bad of [
        'PING',
        'nonsense',
        '{',
        '{"id":"u","type":"PING","timestamp":1,"source":"x","content":{}}',
        first,
        sign('two', 'PING', now() - 120, '{}'),
        sign('three', 'PING', now() + 120, '{}'),
        sign('four', 'PING', now(), '{}', 'another secret'),
        sign('five', 'PING', now(), '{}').replace('"content":{}', '"content":{"a":1}'),
        'X'.repeat(9_000),
      ])
        peer.send(bad);
      // It comes after them all, and it is the only one that is answered.
      expect(await answered(sign('last', 'HOLD', now(), '{ "minutes" : 5 }'))).toMatchObject({
        id: 'last',
        type: 'HOLD_RESPONSE',
        content: { success: true },
      });
    } finally {
      peer.close();
      await open.dispose();
    }
  });
});
