/** What the policy allows: asked of the sandbox, whose IAM simulates, and of moto, which has no simulation. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSession } from '../../src/aws/session.js';
import { createSignIn } from '../../src/aws/sign-in.js';
import { HeldKeys } from '../../src/aws/sign-in-keys.js';
import type { Permission, SignIn } from '../../src/core/sign-in.js';
import { DEMO_KEY } from '../../src/sandbox/index.js';
import { systemClock } from '../../src/system/clock.js';
import type { World } from './driver-world.js';
import { fleet, HERE } from './driver-world.js';
import { motoIsThere, startMoto } from './moto.js';
import { openSignInDesk, type SignInDesk } from './sign-in-desk.js';

const of = (permissions: readonly Permission[], action: string) => {
  const found = permissions.find((permission) => permission.action === action);
  if (!found) throw new Error(`${action} is not in the preflight`);
  return found;
};
const allowed = (permissions: readonly Permission[]) =>
  permissions.map(({ action, allowed }) => `${action} ${allowed}`);

describe('in the sandbox', () => {
  let desk: SignInDesk;
  let signIn: SignIn;
  beforeEach(async () => {
    desk = await openSignInDesk();
    signIn = desk.start().signIn;
    await signIn.withKeys({ keys: DEMO_KEY });
  });
  afterEach(() => desk.close());

  const deny = (service: string, operation?: string) =>
    desk.world.sandbox.trouble.add({
      effect: { kind: 'deny' },
      service,
      ...(operation === undefined ? {} : { operation }),
      times: 'always',
    });

  it('finds everything allowed, and changes nothing', async () => {
    const { permissions, identity, region } = await signIn.permissions();
    expect(allowed(permissions).filter((line) => !line.endsWith(' yes'))).toEqual([]);
    expect(permissions.every(({ purpose }) => purpose.length > 10)).toBe(true);
    expect(identity.account).toBe('123456789012');
    expect(region).toBe(HERE);
    // Dry runs are not carried out, and are the only calls that could have changed anything.
    const changed = desk.world.sandbox.journal.entries().filter(({ error }) => error !== 'DryRunOperation');
    expect(changed).toEqual([]);
  });

  it.each([
    ['ec2', 'StopInstances'],
    ['ec2', 'DescribeInstances'],
    ['ecs', 'UpdateService'],
    ['ecs', 'ListClusters'],
    ['application-autoscaling', 'RegisterScalableTarget'],
    ['eks', 'UpdateNodegroupConfig'],
    ['eks', 'DescribeNodegroup'],
  ])('finds %s:%s denied, and that alone', async (service, operation) => {
    deny(service, operation);
    const { permissions } = await signIn.permissions();
    const denied = permissions.filter(({ allowed }) => allowed === 'no').map(({ action }) => action);
    // Where no policy allows an action for everything, one may for some resources.
    const open = permissions.filter(({ allowed }) => allowed === 'unknown').map(({ action }) => action);
    expect([...denied, ...open]).toEqual([`${service}:${operation}`]);
    expect(of(permissions, `${service}:${operation}`).why).toMatch(/not allowed|no policy allows/);
  });

  it('says what it could not find out where IAM may not be asked', async () => {
    deny('iam');
    const { permissions } = await signIn.permissions();
    expect(of(permissions, 'ec2:StopInstances').allowed).toBe('yes');
    for (const action of ['ecs:UpdateService', 'eks:UpdateNodegroupConfig'])
      expect(of(permissions, action)).toMatchObject({
        allowed: 'unknown',
        why: expect.stringContaining('iam:SimulatePrincipalPolicy is not allowed'),
      });
  });

  it('is refused to who is not signed in', async () => {
    await signIn.signOut();
    await expect(signIn.permissions()).rejects.toMatchObject({ name: 'SignInError' });
  });
});

describe.skipIf(!motoIsThere)('in moto (needs Python and `node scripts/setup-moto.mjs`)', () => {
  let moto: Awaited<ReturnType<typeof startMoto>>;
  let world: World;
  beforeAll(async () => {
    moto = await startMoto();
    world = await moto.backend.open(fleet);
  });
  afterAll(() => moto?.stop());

  it('reads, runs dry, and owns up to what only IAM could tell', async () => {
    const silent = () => {};
    const clock = systemClock();
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    const settings = {
      regions: [HERE],
      profile: undefined,
      endpointUrl: world.endpoint,
      saveCredentials: false,
      checkIntervalMs: 300_000,
      dryRun: false,
    };
    const held = new HeldKeys({ stores: [], clock });
    const session = createSession({ settings, clock, log, env: {}, entered: held });
    const signIn = createSignIn({
      session,
      held,
      stores: [],
      settings: () => settings,
      chooseProfile: async () => {},
      env: {},
      clock,
      log,
    });
    await signIn.withKeys({ keys: world.keys });
    const { permissions } = await signIn.permissions();
    session.close();
    expect(allowed(permissions).filter((line) => !line.endsWith(' yes'))).toEqual([
      'ecs:UpdateService unknown',
      'application-autoscaling:RegisterScalableTarget unknown',
      'eks:UpdateNodegroupConfig unknown',
    ]);
  });
});
