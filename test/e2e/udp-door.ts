/** One program answering UDP over the sandbox's demo fleet, shared by the tests of a file, with a client for each test. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { Program } from './program.js';
import { UdpClient } from './udp-client.js';

export const REGION = 'ap-northeast-2';
export const API = 'i-0a1c5e7d9b3f20461';
export const DATABASE = 'i-0b2d6f8e0c4a31572';
export const STOPPED = 'i-0e5a9c1b3f7d64805';
export const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export const SERVICES = `# Ours. Ask in #platform before you add to it.
ec2_instances:
  - instance_id: ${API} # the API
    region: ${REGION}
    description: "API, with a\\ttab"
ecs_services:
  - {cluster_name: dev, service_name: orders, region: ${REGION}}   # short
`;

/** A sandbox on the real clock, a two-hundredth of AWS's delays. */
export function startQuickSandbox(): Promise<Sandbox> {
  return startSandbox({
    clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    delayScale: 0.005,
  });
}

export interface UdpDoor {
  readonly sandbox: Sandbox;
  readonly program: Program;
  /** A new one for each test. */
  readonly client: UdpClient;
}

/** Sets it up before the tests of the file that calls this; what it returns may be used within tests. */
export function udpDoor(): UdpDoor {
  let sandbox: Sandbox;
  let program: Program;
  let client: UdpClient;
  beforeAll(async () => {
    sandbox = await startQuickSandbox();
    program = await Program.prepare({
      endpoint: sandbox.endpoint,
      services: SERVICES,
      settings: { activity_monitor: { inactivity_timeout_minutes: 30 } },
    });
    await program.start();
  });
  afterAll(async () => {
    await program?.dispose();
    await sandbox?.close();
  });
  beforeEach(async () => {
    client = await UdpClient.open(program.udpPort);
  });
  afterEach(() => client?.close());
  return {
    get sandbox() {
      return sandbox;
    },
    get program() {
      return program;
    },
    get client() {
      return client;
    },
  };
}
