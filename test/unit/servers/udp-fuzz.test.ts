/**
 * 100,000 random and mutated datagrams against a real server: it lives, answers every well-formed request in
 * between and after, and its memory stays level. The seed is printed on failure and can be given again.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Logger } from '../../../src/core/logger.js';
import { ACTIONS } from '../../../src/servers/udp/actions.js';
import { COMMANDS } from '../../../src/servers/udp/commands.js';
import { serveUdp } from '../../../src/servers/udp/serve-udp.js';
import { systemClock } from '../../../src/system/clock.js';
import { FakeControl } from '../../fakes/fake-control.js';
import { UdpClient } from './udp-client.js';

const DATAGRAMS = 100_000;
/** Datagrams sent before the next question whose answer is waited for; few enough for the socket's buffer. */
const ROUND = 40;
const SEED = Number(process.env.CLOUDNAP_SEED ?? 20_200);

/** A small seeded generator (mulberry32): the same seed sends the same datagrams. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const CONTENT = {
  service_type: 'EC2',
  instance_id: 'i-0aaa',
  cluster_name: 'apps',
  service_name: 'api',
  nodegroup_name: 'workers',
  region: 'eu-central-1',
  minutes: 5,
  target: 'ec2:eu-central-1:i-0aaa',
  desired_size: 1,
};
/** What valid requests are made of, and what breaks naive readers. */
// biome-ignore format: a list of scraps
const SCRAPS = [
  '{', '}', '[', ']', '"', '\\', ':', ',', '\0', '\r\n', '\t', '%3A', '%', 'null', '1e999', '-', '\\ud800', '\\u0000',
  '"__proto__":', '"constructor"', '"id"', '"type":', '"content":', 'HOLD:', 'STATUS', '\ufeff', '\u2028', '🌙', 'ı',
].map((scrap) => Buffer.from(scrap));

function makeDatagrams(random: (below: number) => number): () => Buffer {
  const types = [...ACTIONS.keys(), 'HELP'];
  const names = [...COMMANDS.keys()];
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));
  const fields = () => Object.entries(CONTENT).filter(() => random(3) > 0);
  const json = () =>
    Buffer.from(
      JSON.stringify({ id: random(1_000_000), type: pick(types), content: Object.fromEntries(fields()) }),
    );
  const text = () =>
    Buffer.from(
      [pick(names), ...Array.from({ length: random(5) }, () => pick(Object.values(CONTENT)))].join(':'),
    );
  const mutate = (valid: Buffer) => {
    let bytes = valid;
    for (let times = 1 + random(4); times > 0; times -= 1) {
      const at = random(bytes.length + 1);
      const to = Math.min(bytes.length, at + random(12));
      const middle = pick([
        () => noise(random(4)),
        () => pick(SCRAPS),
        () => bytes.subarray(at, to),
        () => noise(0),
      ])();
      bytes = Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(random(2) === 0 ? at : to)]);
    }
    return bytes;
  };
  const open = Buffer.from('[{"a":');
  const deep = () =>
    Buffer.alloc(1 + random(7_000), pick([open, Buffer.from('['), Buffer.from('{"content":')]));
  const huge = () => Buffer.alloc(8_193 + random(50_000), pick([0x7b, 0x41, 0]));
  const kinds = [
    json,
    text,
    () => noise(random(300)),
    () => mutate(json()),
    () => mutate(text()),
    () => mutate(json()),
  ];
  // Large ones are rare, or copying them is all that is measured.
  return () => (random(50) === 0 ? pick([deep, huge])() : pick(kinds)());
}

it(`survives ${DATAGRAMS} random and mutated datagrams (CLOUDNAP_SEED=${SEED})`, {
  timeout: 120_000,
}, async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const surprises: unknown[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    warn: (message, fields) => surprises.push([message, fields]),
    error: (message, fields) => surprises.push([message, fields]),
  };
  const unhandled = (reason: unknown) => surprises.push(reason);
  process.on('unhandledRejection', unhandled);
  const control = new FakeControl();
  const server = await serveUdp({
    control,
    settings: { enabled: true, ip: '127.0.0.1', port: 0, bufferSize: 8_192 },
    secret: undefined,
    clock: systemClock(),
    log,
  });
  const client = await UdpClient.open(server.address);
  const asker = await UdpClient.open(server.address);
  const make = makeDatagrams(generator(SEED));
  /** Bytes in use, on the heap and outside it, at five points on the way and at the end. */
  const memory: number[] = [];
  const weigh = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    memory.push(heapUsed + external);
  };
  for (let sent = 0; sent < DATAGRAMS; sent += ROUND) {
    for (let n = 0; n < ROUND; n += 1) client.send(make());
    const reply = await asker.json({ id: `${sent}`, type: 'PING', content: {} });
    expect(reply).toMatchObject({ id: `${sent}`, content: { success: true } });
    expect(await asker.text('STATUS')).toContain('OK STATUS 8');
    // What the fake and the client remember is not the server's memory.
    (client.left as Buffer[]).length = 0;
    control.calls.length = 0;
    if (sent % (DATAGRAMS / 5) === 0) weigh();
  }
  for (const command of COMMANDS.keys()) expect(await asker.text(command)).toMatch(/^(OK|ERROR BAD_REQUEST)/);
  client.close();
  asker.close();
  await server.close();
  process.off('unhandledRejection', unhandled);
  expect(surprises).toEqual([]);
  weigh();
  // The stores of first replies fill on the way, to 10 MB at most; after that, nothing may grow.
  const [, warm = 0, ...later] = memory;
  for (const used of later) expect(used - warm).toBeLessThan(12 * 1024 * 1024);
});
