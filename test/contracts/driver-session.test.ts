/** The session over the wire: who is signed in, keys that change on disk, regions, and an end without leftovers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AwsSession } from '../../src/core/session.js';
import { DEMO_KEY, OTHER_ACCOUNT, OTHER_ACCOUNT_KEY } from '../../src/sandbox/index.js';
import { FakeClock } from '../fakes/clock.js';
import { type SandboxWorld, sandboxBackend } from './driver-sandbox.js';
import { HERE, only, sessionFor, THERE } from './driver-world.js';

const ACCOUNT = '123456789012';
type Key = typeof DEMO_KEY;

describe('a session', () => {
  let world: SandboxWorld;
  let clock: FakeClock;
  let folder: string;
  const sessions: AwsSession[] = [];

  beforeEach(async () => {
    world = await sandboxBackend.open(only('instances'));
    clock = new FakeClock();
    folder = mkdtempSync(join(tmpdir(), 'cloudnap-aws-'));
    // The SDK's chain reads the process's environment: nothing of this machine's may be found in it.
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_DEFAULT_REGION', undefined);
  });
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.close();
    await world.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const settings = (more: object = {}) => ({
    regions: [HERE],
    profile: undefined,
    endpointUrl: world.endpoint,
    saveCredentials: false,
    checkIntervalMs: 300_000,
    dryRun: false,
    ...more,
  });
  const open = (more: Parameters<typeof sessionFor>[1] = {}): AwsSession => {
    const session = sessionFor(world, { clock, settings: settings(), env: process.env, ...more });
    sessions.push(session);
    return session;
  };
  /** A session that finds its keys as the SDK does. */
  const openFromDisk = (more: object = {}): AwsSession =>
    open({ settings: settings(more), credentials: undefined });
  const signIn = (key: Key, profile = 'default') =>
    writeFileSync(
      join(folder, 'credentials'),
      `[${profile}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
    );

  it('asks anew who is signed in, and believes the last answer for a minute where nobody can be asked', async () => {
    const session = open();
    expect(await session.identity()).toEqual({
      account: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:user/developer`,
    });
    world.sandbox.setAccount(DEMO_KEY.accessKeyId, OTHER_ACCOUNT);
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);

    world.sandbox.trouble.add({ effect: { kind: 'deny' }, service: 'sts', times: 'always' });
    await clock.advance(59_000);
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
    // The minute goes by in sleep too.
    clock.sleepMachine(2_000);
    await expect(session.identity()).rejects.toMatchObject({ fault: 'unreachable' });
    world.sandbox.trouble.clear();
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
  });

  it('asks once for all who ask together', async () => {
    const session = open();
    world.sandbox.trouble.add({ effect: { kind: 'deny' }, service: 'sts', times: 1 });
    const answers = await Promise.allSettled([session.identity(), session.identity(), session.identity()]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await session.identity()).account).toBe(ACCOUNT);
  });

  it('says that keys are wrong, and that STS cannot be reached, apart', async () => {
    const unknown = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
    await expect(open({ credentials: unknown }).identity()).rejects.toMatchObject({
      fault: 'credentials',
      operation: 'sts:GetCallerIdentity',
      hint: expect.stringContaining('Sign in'),
    });
    const nobody = settings({ endpointUrl: 'http://127.0.0.1:1' });
    const session = open({ settings: nobody });
    const asked = session.identity();
    let over = false;
    asked.catch(() => {
      over = true;
    });
    while (!over) await clock.advance(clock.nextDueIn ?? 0);
    await expect(asked).rejects.toMatchObject({ fault: 'unreachable' });
  });

  it('sends the drivers nowhere with keys that STS has not confirmed', async () => {
    const unknown = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
    const session = open({ credentials: unknown });
    await expect(session.driver('ec2').list(HERE)).rejects.toMatchObject({
      fault: 'credentials',
      operation: 'sts:GetCallerIdentity',
    });
  });

  it('picks up a sign-in on disk without a restart', async () => {
    const session = openFromDisk();
    await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
    signIn(DEMO_KEY);
    expect((await session.identity()).account).toBe(ACCOUNT);
    expect((await session.driver('ec2').list(HERE)).services.length).toBeGreaterThan(0);
  });

  it('uses another account only once it was told who that is', async () => {
    signIn(DEMO_KEY);
    const session = openFromDisk();
    expect((await session.identity()).account).toBe(ACCOUNT);
    signIn({ ...OTHER_ACCOUNT_KEY, secretAccessKey: 'of another length' });
    await expect(session.driver('ec2').list(HERE)).rejects.toMatchObject({
      fault: 'credentials',
      message: expect.stringMatching(`${OTHER_ACCOUNT}, not ${ACCOUNT}`),
    });
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
    expect((await session.driver('ec2').list(HERE)).services).toEqual([]);
  });

  it('uses the profile of the settings, and applies changed ones', async () => {
    signIn(DEMO_KEY, 'dev');
    const session = openFromDisk({ profile: 'dev' });
    expect((await session.identity()).account).toBe(ACCOUNT);
    session.configure(settings({ profile: 'none' }));
    await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
  });

  it('searches the regions of the settings, else the environment’s, else the profile’s, else us-east-1', async () => {
    expect(await open({ settings: settings({ regions: [HERE, THERE, HERE] }) }).regions()).toEqual([
      HERE,
      THERE,
    ]);
    expect(await openFromDisk({ regions: undefined }).regions()).toEqual(['us-east-1']);
    writeFileSync(join(folder, 'config'), '[profile seoul]\nregion = ap-northeast-2\n');
    signIn(DEMO_KEY, 'seoul');
    const session = openFromDisk({ regions: undefined, profile: 'seoul' });
    await session.identity();
    expect(await session.regions()).toEqual(['ap-northeast-2']);
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    expect(await session.regions()).toEqual(['eu-west-3']);
  });
});

describe('a session that is closed', () => {
  let silent: Server;
  beforeEach(async () => {
    // Takes connections and never answers.
    silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
  });
  afterEach(() => silent.close());

  it('ends calls under way, and leaves no timer or socket that would keep the process', async () => {
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const clock = new FakeClock();
    const session = sessionFor({ endpoint: `http://127.0.0.1:${port}`, keys: DEMO_KEY }, { clock });
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const asked = session.identity();
    asked.catch(() => {});
    await connected;
    session.close();
    await expect(asked).rejects.toThrow();
    expect(timers()).toBeLessThanOrEqual(before);
    expect(clock.pending).toBe(0);
  });
});
