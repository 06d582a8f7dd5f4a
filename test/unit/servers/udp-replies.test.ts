/** Replies of the UDP server that are larger than one datagram: cut into whole messages, or shortened. */
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/core/errors.js';
import { systemClock } from '../../../src/system/clock.js';
import { ask, client, control, serveEachTest } from './udp-bench.js';

serveEachTest({ clock: systemClock() });

describe('replies over 8 KB', () => {
  const describe200 = (text: string) => {
    control.services = Array.from({ length: 200 }, (_, index) => ({
      target: { kind: 'ec2', region: 'us-east-1', instanceId: `i-${index}` },
      state: 'running',
      size: 1,
      name: `${text} ${index}`,
    }));
  };
  it('are several whole text messages, cut between rows', async () => {
    describe200('휴식 🌙'.repeat(20));
    client.send('LIST_EC2');
    const parts: string[] = [];
    let expected = 1;
    while (parts.length < expected) {
      const bytes = await client.next();
      expect(bytes.length).toBeLessThanOrEqual(8_192);
      const [head = '', header, ...rows] = new TextDecoder('utf-8', { fatal: true })
        .decode(bytes)
        .split('\n');
      const [, part, all] = /^OK LIST_EC2 200 (\d+)\/(\d+)$/.exec(head) ?? [];
      expected = Number(all);
      expect(Number(part)).toBe(parts.length === 0 ? 1 : Number(parts.at(-1)?.split('|')[0]) + 1);
      expect(header).toBe('instance_id\tregion\tstate\tname\tinstance_type\tregistered');
      for (const row of rows) expect(row.split('\t')).toHaveLength(6);
      parts.push(`${part}|${rows.map((row) => row.split('\t')[0]).join(',')}`);
    }
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.flatMap((part) => part.split('|')[1]?.split(','))).toEqual(
      Array.from({ length: 200 }, (_, index) => `i-${index}`),
    );
  });

  it('are several whole JSON messages, also when the request is repeated', async () => {
    describe200('휴식 🌙'.repeat(20));
    control.clusters = [];
    const request = JSON.stringify(ask('AWS_ECS_LIST', {}, 'x'.repeat(256)));
    control.services = control.services.map((service, index) => ({
      ...service,
      target: { kind: 'ecs', region: 'us-east-1', cluster: 'c', service: `s${index}` },
    }));
    for (let round = 0; round < 2; round += 1) {
      client.send(request);
      const names: string[] = [];
      for (let part = 1, parts = 1; part <= parts; part += 1) {
        const bytes = await client.next();
        expect(bytes.length).toBeLessThanOrEqual(8_192);
        const reply = JSON.parse(bytes.toString());
        parts = reply.parts;
        expect(reply).toMatchObject({ id: 'x'.repeat(256), part, content: { success: true, clusters: [] } });
        names.push(...reply.content.services.map((it: { service_name: string }) => it.service_name));
      }
      expect(names).toEqual(Array.from({ length: 200 }, (_, index) => `s${index}`));
    }
    expect(control.count('list')).toBe(1);
  });

  it('shortens what is too long for any datagram', async () => {
    describe200('x');
    control.services = control.services.slice(0, 2).map((it) => ({ ...it, name: '\u0001🌙'.repeat(6_000) }));
    for (const _row of [1, 2]) {
      client.send('LIST_EC2');
      const bytes = await client.next();
      expect(bytes.length).toBeLessThanOrEqual(8_192);
      expect(bytes.toString()).toContain('🌙…\t-\tno');
    }
    client.send(JSON.stringify(ask('AWS_EC2_LIST')));
    const reply = JSON.parse((await client.next()).toString());
    expect(reply.content.services[0].name).toMatch(/…$/);
    control.failNext(new CommandError('AWS_ERROR', '\u0001'.repeat(9_000), { hint: '\u0001'.repeat(9_000) }));
    client.send(JSON.stringify(ask('STATUS')));
    let bytes = await client.next();
    while (!bytes.includes('AWS_ERROR')) bytes = await client.next();
    expect(bytes.length).toBeLessThanOrEqual(8_192);
    control.failNext(new CommandError('AWS_ERROR', '🌙'.repeat(9_000), { hint: 'a' }));
    expect(Buffer.byteLength(await client.text('STATUS'))).toBeLessThanOrEqual(8_192);
  });
});
