/** What the tests of the UDP server share: the server over a fake Control, and a client of it, anew for each test. */
import { afterEach, beforeEach } from 'vitest';
import type { Logger } from '../../../src/core/logger.js';
import { serveUdp, type UdpServer } from '../../../src/servers/udp/serve-udp.js';
import { FakeClock } from '../../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { UdpClient } from './udp-client.js';

/** What the server has logged in this test. */
export const lines: string[] = [];
const say = (message: string) => lines.push(message);
const log: Logger = { debug: say, info: say, warn: say, error: say };
export const settings = { enabled: true, ip: '127.0.0.1', port: 0, bufferSize: 8_192 };

export let control: FakeControl;
export let clock: FakeClock;
export let server: UdpServer;
export let client: UdpClient;

/** Another server over the same Control; whoever asks for it closes it. */
export async function serve(more: Partial<Parameters<typeof serveUdp>[0]> = {}): Promise<UdpServer> {
  return serveUdp({ control, settings, secret: undefined, clock, log, ...more });
}

/** Serves each test anew. */
export function serveEachTest(more: Partial<Parameters<typeof serveUdp>[0]> = {}): void {
  beforeEach(async () => {
    lines.length = 0;
    control = new FakeControl();
    clock = new FakeClock({ wall: FAKE_NOW });
    server = await serve(more);
    client = await UdpClient.open(server.address);
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });
}

export const ec2 = 'ec2:eu-central-1:i-0aaa';
export const ecs = 'ecs:eu-central-1:apps:api';
export const eks = 'eks:us-east-1:kube:workers';

/** A request with an id of its own. */
let ids = 0;
export const ask = (type: string, content?: object, id: unknown = `id-${++ids}`) => ({
  id,
  type,
  timestamp: 1_621_234_567,
  source: 'client',
  ...(content === undefined ? {} : { content }),
});
