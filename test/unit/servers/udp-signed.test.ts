/** Signed requests: what is served beyond loopback, and that all else is dropped without an answer. */
import { createHmac } from 'node:crypto';
import os from 'node:os';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/core/logger.js';
import { rawMembers } from '../../../src/servers/udp/raw-members.js';
import { serveUdp, type UdpServer } from '../../../src/servers/udp/serve-udp.js';
import { Signatures } from '../../../src/servers/udp/signature.js';
import { FakeClock } from '../../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { UdpClient } from './udp-client.js';

const SECRET = 'correct horse battery staple';
const nothing: Logger = { debug() {}, info() {}, warn() {}, error() {} };

interface Parts {
  id?: string;
  type?: string;
  timestamp?: string;
  content?: string;
  secret?: string;
}

/** A request with each part as the text it is sent as, signed as the specification says. */
function signed(parts: Parts = {}, tamper: (text: string) => string = (text) => text): string {
  const {
    id = '"id-1"',
    type = 'HOLD',
    timestamp = String(FAKE_NOW / 1000),
    content = '{ "minutes" : 5.0 }',
    secret = SECRET,
  } = parts;
  const bare = id.startsWith('"') ? JSON.parse(id) : id;
  const signature = createHmac('sha256', secret)
    .update([bare, type, timestamp, content].join('\n'))
    .digest('hex');
  return tamper(
    `{"id": ${id}, "type":"${type}","timestamp" :${timestamp} ,"source":"c","content": ${content}\n,"signature":"${signature}"}`,
  );
}

describe('a signature', () => {
  const wall = FAKE_NOW;
  it.each([
    ['as it should be', signed()],
    ['a number as id', signed({ id: '17' })],
    ['escapes in the id', signed({ id: '"a\\u0062\\"\\n"' })],
    ['a fractional timestamp', signed({ timestamp: `${FAKE_NOW / 1000 - 59.9}` })],
    ['a minute old', signed({ timestamp: `${FAKE_NOW / 1000 - 60}` })],
    ['a minute ahead', signed({ timestamp: `${FAKE_NOW / 1000 + 60}` })],
    ['empty content', signed({ content: '{}' })],
    ['brackets and quotes in the content', signed({ content: '{"a":["}","\\"]",{"b":"\\\\"}]}' })],
    ['upper-case hex', signed({}, (text) => text.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase()))],
  ])('is accepted: %s', (_what, text) => {
    expect(new Signatures(SECRET).accept(text, wall)).toBe(true);
  });

  it.each([
    ['another secret', signed({ secret: 'wrong' })],
    ['too old', signed({ timestamp: `${FAKE_NOW / 1000 - 60.001}` })],
    ['too new', signed({ timestamp: `${FAKE_NOW / 1000 + 60.001}` })],
    ['a timestamp that is no number', signed({ timestamp: '"1767603600"' })],
    ['content spelled otherwise', signed({}, (text) => text.replace('5.0', '5.00'))],
    ['another id', signed({}, (text) => text.replace('id-1', 'id-2'))],
    ['another type', signed({}, (text) => text.replace('HOLD', 'NAP'))],
    ['content sent twice, the last one unsigned', signed({}, (text) => `${text.slice(0, -1)},"content":{}}`)],
    ['the same by another spelling', signed({}, (text) => `${text.slice(0, -1)},"cont\\u0065nt":{}}`)],
    ['a short signature', signed({}, (text) => text.replace(/[0-9a-f]{64}/, 'ab'))],
    ['none', '{"id":1,"type":"NAP","timestamp":1767603600,"content":{}}'],
    ['one that is no text', '{"id":1,"type":"NAP","timestamp":1767603600,"content":{},"signature":[]}'],
    ['no id', '{"type":"NAP","signature":"x"}'],
  ])('is not accepted: %s', (_what, text) => {
    expect(new Signatures(SECRET).accept(text, wall)).toBe(false);
  });

  it('is good once, for as long as its timestamp is', () => {
    const signatures = new Signatures(SECRET);
    const ahead = signed({ timestamp: `${FAKE_NOW / 1000 + 60}` });
    expect(signatures.accept(ahead, wall)).toBe(true);
    for (const later of [0, 1, 60_000, 119_999, 120_000, 120_001])
      expect(signatures.accept(ahead, wall + later)).toBe(false);
    expect(signatures.accept(signed({ content: '{"minutes":6}' }), wall)).toBe(false);
    expect(signatures.accept(signed({ id: '"id-2"' }), wall)).toBe(true);
  });

  it('is not used up by somebody without the secret', () => {
    const signatures = new Signatures(SECRET);
    expect(signatures.accept(signed({ secret: 'wrong' }), wall)).toBe(false);
    expect(signatures.accept(signed(), wall)).toBe(true);
  });

  it('holds a bounded number of ids, and refuses rather than forgets', () => {
    const signatures = new Signatures(SECRET, 100);
    for (let id = 0; id < 100; id += 1) expect(signatures.accept(signed({ id: `${id}` }), wall)).toBe(true);
    expect(signatures.accept(signed({ id: '"more"' }), wall)).toBe(false);
    expect(signatures.accept(signed({ id: '0' }), wall)).toBe(false);
    const timestamp = `${FAKE_NOW / 1000 + 61}`;
    expect(signatures.accept(signed({ id: '"more"', timestamp }), wall + 61_000)).toBe(true);
  });
});

describe('the text of members', () => {
  it('is what was sent, for any object', () => {
    const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue(), space, space), { maxLength: 6 }),
        fc.nat(3),
        (members, indent) => {
          const texts = members.map(([name, value, before, after]) => ({
            name: JSON.stringify(name),
            value: JSON.stringify(value, null, indent),
            before,
            after,
          }));
          const body = texts.map(
            (it) => `${it.before}${it.name}${it.after}:${it.before}${it.value}${it.after}`,
          );
          const text = `${texts[0]?.after ?? ' '}{${texts[0]?.before ?? ''}${body.join(',')}}`;
          const expected = new Map(texts.map((it) => [String(JSON.parse(it.name)), it.value]));
          expect(new Map(rawMembers(text))).toEqual(expected);
          const parsed: Record<string, unknown> = JSON.parse(text);
          for (const [name, raw] of expected)
            if (name !== '__proto__') expect(JSON.parse(raw)).toEqual(parsed[name]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('survives great depth', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    expect(rawMembers(`{"a":${deep},"b":1}`)).toEqual(
      new Map([
        ['a', deep],
        ['b', '1'],
      ]),
    );
  });
});

describe('a server that is not on loopback', () => {
  let control: FakeControl;
  let server: UdpServer;
  let client: UdpClient;
  const outside = Object.values(os.networkInterfaces())
    .flat()
    .find((it) => it?.family === 'IPv4' && !it.internal)?.address;

  beforeEach(async () => {
    control = new FakeControl();
    server = await serveUdp({
      control,
      settings: { enabled: true, ip: outside ?? '0.0.0.0', port: 0, bufferSize: 8_192 },
      secret: SECRET,
      clock: new FakeClock({ wall: FAKE_NOW }),
      log: nothing,
    });
    client = await UdpClient.open({ address: outside ?? '127.0.0.1', port: server.address.port });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it('answers signed JSON and nothing else', async () => {
    const dropped = [
      'PING',
      'x'.repeat(9_000),
      '',
      '{',
      '{"id":1,"type":"PING"}',
      '{"type":"PING"}',
      Buffer.from([0xff]),
      signed({ secret: 'wrong' }),
      signed({ id: '"old"', timestamp: '1' }),
    ];
    for (const request of dropped) client.send(request);
    expect(JSON.parse(await client.text(signed()))).toMatchObject({
      id: 'id-1',
      type: 'HOLD_RESPONSE',
      content: { success: true },
    });
    client.send(signed());
    const last = signed({ id: '"id-2"', type: 'NOTHING' });
    expect(JSON.parse(await client.text(last)).content.error.code).toBe('UNKNOWN_COMMAND');
    const wrong = signed({ id: '"id-3"', content: '{"minutes":0}' });
    expect(JSON.parse(await client.text(wrong)).content.error.code).toBe('BAD_REQUEST');
    expect(client.left).toEqual([]);
    expect(control.count('hold')).toBe(1);
  });
});
