/** A desktop with a keyring for tests: GNOME Keyring on a message bus of its own, unlocked, locked, or not there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Variant } from '@jellybrick/dbus-next';
import type { KeyStore } from '../../src/core/sign-in.js';
import { KeyFile } from '../../src/desktop/key-file.js';
import { systemKeyring } from '../../src/desktop/keyring.js';
import { entryOf, keyringStore } from '../../src/desktop/keyring-store.js';
import { systemClock } from '../../src/system/clock.js';
import { startBus, type TestBus } from './bus.js';
import { end, waitUntil } from './xserver.js';

/** As it is built: the process is an entry of its own. */
const CHILD = fileURLToPath(new URL('../../dist/desktop/keyring-child.js', import.meta.url));
const PASSWORD = 'the password of the login';
const SECRETS = 'org.freedesktop.secrets';

export interface KeyringDesktop {
  /** Everything that the keyring writes is below it. */
  readonly folder: string;
  readonly bus: TestBus;
  /** What a program started on this desktop has in its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Starts the keyring: unlocked by the login, or locked, as after one without a password. */
  startKeyring(state: 'unlocked' | 'locked'): Promise<void>;
  stopKeyring(): Promise<void>;
  /** The password is given, by whatever way. */
  unlock(): Promise<void>;
  /** A prompter whose prompts nobody answers. Resolves with what tells whether one has been shown. */
  startPrompter(): Promise<() => Promise<boolean>>;
  /** The store of the home whose file of saved keys this is. */
  store(file: string, ended?: AbortSignal): KeyStore;
  stop(): Promise<void>;
}

export async function startKeyringDesktop(): Promise<KeyringDesktop> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-desktop-'));
  const bus = await startBus();
  const control = join(folder, 'control');
  mkdirSync(control, { mode: 0o700 });
  const { PATH } = process.env;
  const env = {
    PATH,
    HOME: folder,
    XDG_DATA_HOME: join(folder, 'share'),
    XDG_RUNTIME_DIR: folder,
    DBUS_SESSION_BUS_ADDRESS: bus.address,
  };
  let keyring: ChildProcess | undefined;

  const hasKeyring = async () => {
    const daemon = { path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };
    const [owned] = await bus.call('org.freedesktop.DBus', daemon, 'NameHasOwner', 's', [SECRETS]);
    return owned === true;
  };
  const stopKeyring = async () => {
    if (!keyring) return;
    await end(keyring);
    keyring = undefined;
    await waitUntil('the keyring is gone', async () => !(await hasKeyring()));
  };

  return {
    folder,
    bus,
    env,
    async startKeyring(state) {
      const args = ['--foreground', '--components=secrets', `--control-directory=${control}`];
      if (state === 'unlocked') args.push('--unlock');
      keyring = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
      keyring.stdin?.end(PASSWORD);
      await waitUntil('the keyring is there', hasKeyring);
    },
    stopKeyring,
    async unlock() {
      const secrets = '/org/freedesktop/secrets';
      const at = { path: secrets, interface: 'org.freedesktop.Secret.Service' };
      const plain = ['plain', new Variant('s', '')];
      const [, session] = await bus.call(SECRETS, at, 'OpenSession', 'sv', plain);
      const password = [session, Buffer.alloc(0), Buffer.from(PASSWORD), 'text/plain'];
      const own = { path: secrets, interface: 'org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface' };
      const collection = `${secrets}/collection/login`;
      await bus.call(SECRETS, own, 'UnlockWithMasterPassword', 'o(oayays)', [collection, password]);
    },
    async startPrompter() {
      const prompter = await bus.mock({
        name: 'org.gnome.keyring.SystemPrompter',
        path: '/org/gnome/keyring/Prompter',
        interface: 'org.gnome.keyring.internal.Prompter',
        methods: [
          ['BeginPrompting', 'o', '', ''],
          ['StopPrompting', 'o', '', ''],
        ],
      });
      const mock = { interface: 'org.freedesktop.DBus.Mock' };
      return async () => {
        const [calls] = await prompter.call('GetMethodCalls', 's', ['BeginPrompting'], mock);
        return Array.isArray(calls) && calls.length > 0;
      };
    },
    store(path, ended = new AbortController().signal) {
      const file = new KeyFile(path);
      const child = { command: process.execPath, args: [CHILD] };
      const clock = systemClock();
      return keyringStore(file, systemKeyring({ child, account: entryOf(file), env, clock, ended }));
    },
    async stop() {
      await stopKeyring();
      await bus.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
