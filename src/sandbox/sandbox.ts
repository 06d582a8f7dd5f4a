/** Starts a sandbox: a world made from a fleet, trouble, a journal, and one loopback port to reach them by. */
import { CONTROL_PREFIX, control } from './control.js';
import { DEMO_KEY, developerOf, OTHER_ACCOUNT, OTHER_ACCOUNT_KEY } from './credentials.js';
import { answer } from './endpoint.js';
import { demoFleet, type Fleet } from './fleet.js';
import { catchUp } from './happenings.js';
import { Journal, type JournalEntry } from './journal.js';
import { actAsPerson, type PersonAct, type PersonInput } from './person.js';
import { listen } from './server.js';
import { type Region, settle, World } from './state/world.js';
import { type Delays, delaysOf, type SandboxClock } from './timing.js';
import { type Trouble, Troubles } from './trouble.js';
import { type RegionView, viewOf } from './view.js';

/** What a sandbox is made of. */
export interface SandboxOptions {
  readonly clock: SandboxClock;
  /** The demo's fleet if absent. */
  readonly fleet?: Fleet;
  /** On 127.0.0.1; 0, any free port, if absent. */
  readonly port?: number;
  /** Laid over AWS's ordinary delays, milliseconds. */
  readonly delays?: Partial<Delays>;
  /** Multiplies every delay: 0.1 is ten times as fast, 0 is at once. 1 if absent. */
  readonly delayScale?: number;
}

/** A running sandbox. */
export interface Sandbox {
  /** What `AWS_ENDPOINT_URL` is set to: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly port: number;
  readonly trouble: {
    /** Adds a rule behind those there are. Throws on one that is malformed. */
    add(trouble: Trouble): void;
    /** Ends all trouble. */
    clear(): void;
  };
  readonly journal: {
    /** The mutating calls so far, oldest first. */
    entries(): readonly JournalEntry[];
    clear(): void;
  };
  /** Changes something behind the product's back, in the fleet's account. Throws what AWS would refuse. */
  person<Name extends PersonAct>(act: Name, input: PersonInput<Name>): void;
  /** Signs a key in to an account. Any account but the fleet's is empty. A key not known before becomes known. */
  setAccount(accessKeyId: string, account: string): void;
  /** The fleet's account as it stands now, region by region. */
  resources(): readonly RegionView[];
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts a sandbox on loopback. It knows {@link DEMO_KEY} and {@link OTHER_ACCOUNT_KEY}. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, fleet = demoFleet } = options;
  const delays = delaysOf(options.delays, options.delayScale);
  const world = new World(fleet, clock.now());
  const troubles = new Troubles();
  const journal = new Journal();
  const keys = new Map([
    [DEMO_KEY.accessKeyId, developerOf(fleet.account)],
    [OTHER_ACCOUNT_KEY.accessKeyId, developerOf(OTHER_ACCOUNT)],
  ]);
  const settled = (region: Region): Region => {
    settle(region, clock.now(), delays);
    return region;
  };
  const state = { world, clock, delays, troubles, keys, journal };
  /** What is past happens before anybody looks, or changes what it would have met. */
  const caughtUp = <Result>(effect: () => Result): Result => {
    catchUp(world, clock.now(), state);
    return effect();
  };
  const controls = {
    trouble: {
      add: (trouble: Trouble) => caughtUp(() => troubles.add(trouble)),
      clear: () => caughtUp(() => troubles.clear()),
      list: () => caughtUp(() => troubles.list()),
    },
    journal: {
      entries: () => caughtUp(() => journal.entries()),
      clear: () => caughtUp(() => journal.clear()),
    },
    person: (act: PersonAct, input: unknown) =>
      caughtUp(() =>
        actAsPerson(act, input, (name) => settled(world.region(fleet.account, name)), {
          now: clock.now(),
          delays,
        }),
      ),
    setAccount: (accessKeyId: string, account: string) => {
      keys.set(accessKeyId, developerOf(account));
    },
    resources: () => caughtUp(() => world.regions(fleet.account).map((region) => viewOf(settled(region)))),
  };
  const server = await listen(options.port ?? 0, async (request) => {
    if (request.path.startsWith(CONTROL_PREFIX)) return control(request, controls);
    const reply = await answer(request, state);
    // The sandbox's clock is what a caller can learn of AWS's.
    const date = new Date(clock.now()).toUTCString();
    return reply === 'lost' ? reply : { ...reply, headers: { ...reply.headers, date } };
  });
  return {
    ...controls,
    endpoint: `http://127.0.0.1:${server.port}`,
    port: server.port,
    close: () => server.close(),
  };
}
