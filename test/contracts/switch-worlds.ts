/**
 * The worlds that the contract of the dead-man's switch is run in: the sandbox and the fake, in which time goes by as
 * the test says, and moto, which holds schedules and never fires one.
 */
import {
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { GROUP, scheduleName } from '../../src/aws/switch-calls.js';
import type { Clock } from '../../src/core/instant.js';
import type { AwsSession } from '../../src/core/session.js';
import type { Ec2Target, EcsTarget, EksTarget, Target } from '../../src/core/target.js';
import { DEMO_KEY, type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { SwitchYard } from '../fakes/memory-switch-board.js';
import { MemoryTeamTable } from '../fakes/memory-team-table.js';
import { Life } from '../fakes/process.js';
import { World } from '../fakes/world.js';
import { type Wire, worldSession } from '../fakes/world-session.js';
import { type World as AwsWorld, fleet, HERE, sessionFor, THERE } from './driver-world.js';
import { startMoto } from './moto.js';
import type { SwitchBackend, SwitchWorld } from './switch-board.contract.js';

/** The wall clock of the machine goes by as much after AWS's. */
const BEHIND_MS = 3 * 3_600_000;

/** A clock on which whoever waits is served at once, and time has then gone by. */
class HastyClock implements Clock {
  readonly bootId = 'boot-1';
  /** Milliseconds that have gone by. */
  passed = 0;
  readonly #start: number;
  constructor(start: number) {
    this.#start = start;
  }
  now() {
    return { wall: this.#start + this.passed, mono: 5_000 + this.passed, boot: 90_000 + this.passed };
  }
  after(ms: number, fn: () => void): () => void {
    const due = this.passed + ms;
    const run = setImmediate(() => {
      this.passed = Math.max(this.passed, due);
      fn();
    });
    return () => clearImmediate(run);
  }
}

const ec2 = (instanceId: string, region = HERE): Ec2Target => ({ kind: 'ec2', region, instanceId });
const ecs = (service: string): EcsTarget => ({ kind: 'ecs', region: HERE, cluster: 'dev', service });
const nodegroup: EksTarget = { kind: 'eks', region: HERE, cluster: 'kube', nodegroup: 'workers' };

function targetsOf(instance: (name: string) => string): SwitchWorld['targets'] {
  return {
    instance: ec2(instance('api')),
    other: ec2(instance('db')),
    far: ec2(instance('far'), THERE),
    absent: ec2('i-0fffffffffffffff0'),
    autoscaled: ecs('web'),
    plain: ecs('plain'),
    nodegroup,
  };
}

/** A world of the sandbox's, with a hand in it. */
export interface SandboxSwitchWorld extends SwitchWorld {
  readonly sandbox: Sandbox;
  readonly clock: HastyClock;
}

export const inSandbox: Omit<SwitchBackend, 'open'> & { open(): Promise<SandboxSwitchWorld> } = {
  name: 'the sandbox',
  fires: true,
  async open() {
    const start = Date.now();
    // The machine's clock is wrong by hours; it is AWS's by which schedules fire.
    const clock = new HastyClock(start - BEHIND_MS);
    const now = () => clock.now().wall + BEHIND_MS;
    const sandbox = await startSandbox({
      fleet,
      clock: {
        now,
        sleep: async (ms) => {
          clock.passed += ms;
        },
      },
    });
    const keys = DEMO_KEY;
    const session = sessionFor({ endpoint: sandbox.endpoint, keys }, { clock });
    const seeds = Object.values(fleet.regions).flatMap(({ instances = [] }) => instances);
    return {
      sandbox,
      clock,
      session,
      targets: targetsOf((name) => seeds.find((one) => one.name === name)?.id ?? ''),
      now,
      wall: () => clock.now().wall,
      pass: (ms) => {
        clock.passed += ms;
      },
      lose: (owner, target) => loseBy({ endpoint: sandbox.endpoint, keys }, owner, target),
      async close() {
        session.close();
        await sandbox.close();
      },
    };
  },
};

export const inMemory: SwitchBackend = {
  name: 'memory',
  fires: true,
  async open() {
    const account = fleet.account;
    const clock = new HastyClock(Date.now() - BEHIND_MS);
    const now = () => clock.now().wall + BEHIND_MS;
    const world = new World({ now, random: () => 0.5 });
    const targets = targetsOf((name) => ({ api: 'i-0a', db: 'i-0b', far: 'i-0c' })[name] ?? '');
    for (const one of [targets.instance, targets.other, targets.far]) world.addInstance(account, one);
    const suspended = { scaleIn: false, scaleOut: false, scheduled: true };
    world.addService(account, targets.autoscaled, 2, { scalable: { min: 1, max: 4, suspended } });
    world.addService(account, targets.plain, 2);
    world.addNodegroup(account, targets.nodegroup, { min: 1, desired: 2, max: 4 });
    const yard = new SwitchYard(world);
    const wire: Wire = {
      world,
      clock,
      yard,
      table: new MemoryTeamTable(),
      toTable: {},
      signedIn: account,
      trouble: () => undefined,
      latency: () => 0,
      requests: 0,
      flying: new Set(),
    };
    const session = worldSession({ wire, life: new Life(), regions: [HERE, THERE] });
    return {
      session,
      targets,
      now,
      wall: () => clock.now().wall,
      pass: (ms) => {
        clock.passed += ms;
      },
      lose: async (owner, target) => yard.lose(account, owner, target),
      close: async () => session.close(),
    };
  },
};

/** moto has no type for a schedule group in CloudFormation, so the group is made before. It never fires anything. */
export async function startMotoSwitches(): Promise<{ backend: SwitchBackend; stop(): Promise<void> }> {
  const moto = await startMoto();
  const backend: SwitchBackend = {
    name: 'moto',
    fires: false,
    async open() {
      const world: AwsWorld = await moto.backend.open(fleet);
      for (const region of [HERE, THERE]) {
        const scheduler = new SchedulerClient({ region, endpoint: world.endpoint, credentials: world.keys });
        await scheduler.send(new CreateScheduleGroupCommand({ Name: GROUP }));
        scheduler.destroy();
      }
      const session: AwsSession = sessionFor(world);
      return {
        session,
        targets: targetsOf((name) => world.instance(name)),
        now: () => Date.now(),
        wall: () => Date.now(),
        pass: () => {},
        lose: (owner, target) => loseBy(world, owner, target),
        async close() {
          session.close();
          await world.close();
        },
      };
    },
  };
  return { backend, stop: moto.stop };
}

/** Somebody deletes a schedule in the console. */
async function loseBy(
  { endpoint, keys }: Pick<AwsWorld, 'endpoint' | 'keys'>,
  owner: string,
  target: Target,
) {
  const scheduler = new SchedulerClient({ region: target.region, endpoint, credentials: keys });
  await scheduler.send(new DeleteScheduleCommand({ GroupName: GROUP, Name: scheduleName(owner, target) }));
  scheduler.destroy();
}
