/** What the tests of signing in share: the sandbox's STS, an AWS config of their own, and stores that are fakes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createSession } from '../../src/aws/session.js';
import { createSignIn } from '../../src/aws/sign-in.js';
import { HeldKeys } from '../../src/aws/sign-in-keys.js';
import type { AwsSession } from '../../src/core/session.js';
import type { AwsSettings } from '../../src/core/settings.js';
import type { KeyStore, SignIn } from '../../src/core/sign-in.js';
import { FakeClock } from '../fakes/clock.js';
import { MemoryKeyStore } from '../fakes/memory-key-store.js';
import { type SandboxWorld, sandboxBackend } from './driver-sandbox.js';
import { fleet, HERE } from './driver-world.js';

/** One life of a daemon, as far as signing in goes. */
interface Life {
  readonly session: AwsSession;
  readonly signIn: SignIn;
  /** What was logged, with its fields. */
  readonly logged: readonly unknown[];
}

export interface SignInDesk {
  readonly world: SandboxWorld;
  readonly clock: FakeClock;
  readonly keyring: MemoryKeyStore;
  readonly file: MemoryKeyStore;
  /** As settings.json has them; `profile` is written by signing in. */
  settings: AwsSettings;
  /** Thrown when settings.json is to be written. */
  brokenSettings: Error | undefined;
  /** Starts the daemon (again). What is in memory is gone, what is saved is not. */
  start(more?: { stores?: readonly KeyStore[] }): Life;
  /** Writes the AWS config and credentials files. */
  writeConfig(config: string, credentials?: string): void;
  close(): Promise<void>;
}

export async function openSignInDesk(): Promise<SignInDesk> {
  const world = await sandboxBackend.open(fleet);
  const clock = new FakeClock();
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-sign-in-'));
  // The SDK's chain reads the process's environment: nothing of this machine's may be found in it.
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  const sessions: AwsSession[] = [];

  const desk: SignInDesk = {
    world,
    clock,
    keyring: new MemoryKeyStore('keyring'),
    file: new MemoryKeyStore('file'),
    settings: {
      regions: [HERE],
      profile: undefined,
      endpointUrl: world.endpoint,
      saveCredentials: false,
      checkIntervalMs: 300_000,
      dryRun: false,
    },
    brokenSettings: undefined,
    start({ stores = [desk.keyring, desk.file] } = {}) {
      const logged: unknown[] = [];
      const note = (message: string, fields?: object) => void logged.push(message, fields);
      const log = { debug: note, info: note, warn: note, error: note };
      const { env } = process;
      const held = new HeldKeys({ stores, clock });
      const session = createSession({ settings: desk.settings, clock, log, env, entered: held });
      sessions.push(session);
      const signIn = createSignIn({
        session,
        held,
        stores,
        settings: () => desk.settings,
        async chooseProfile(profile) {
          if (desk.brokenSettings) throw desk.brokenSettings;
          desk.settings = { ...desk.settings, profile };
        },
        env,
        clock,
        log,
      });
      return { session, signIn, logged };
    },
    writeConfig(config, credentials = '') {
      writeFileSync(join(folder, 'config'), config);
      writeFileSync(join(folder, 'credentials'), credentials);
    },
    async close() {
      for (const session of sessions) session.close();
      await world.close();
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    },
  };
  return desk;
}
