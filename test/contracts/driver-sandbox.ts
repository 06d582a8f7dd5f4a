/** The embedded sandbox as a world for the drivers, on a clock that only the test moves. */
import { DEMO_KEY, type Fleet, type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import type { Backend, World } from './driver-world.js';

/** Longer than anything takes in the sandbox, milliseconds. */
const LONG_ENOUGH = 30 * 60_000;

export interface SandboxWorld extends World {
  readonly sandbox: Sandbox;
}

export const sandboxBackend: Omit<Backend, 'open'> & { open(fleet: Fleet): Promise<SandboxWorld> } = {
  name: 'sandbox',
  crowd: { instances: 1_003, services: 120, nodegroups: 120 },
  refusals: new Set(['protected', 'member', 'managed', 'store', 'once', 'daemon', 'autoscaler', 'karpenter']),
  async open(fleet) {
    let now = Date.now();
    const sandbox = await startSandbox({
      fleet,
      clock: {
        now: () => now,
        sleep: async (ms) => {
          now += ms;
        },
      },
    });
    return {
      sandbox,
      endpoint: sandbox.endpoint,
      keys: DEMO_KEY,
      account: fleet.account,
      instance(name) {
        const seeds = Object.values(fleet.regions).flatMap(({ instances = [] }) => instances);
        const seed = seeds.find((one) => one.name === name);
        if (!seed) throw new Error(`The fleet has no instance ${name}`);
        return seed.id;
      },
      async protect(region, instanceId) {
        sandbox.person('changeInstance', { region, instanceId, stopProtected: true });
      },
      async settle() {
        now += LONG_ENOUGH;
      },
      close: () => sandbox.close(),
    };
  },
};
