/** The system's keyring as a place for one small secret, asked by a process of its own that can be given up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from '../core/instant.js';
import { type Availability, KeyStoreError } from '../core/sign-in.js';
import type { KeyringReply, KeyringRequest } from './keyring-protocol.js';

/** The keyring. Every method but `probe` rejects with KeyStoreError `no-keyring`, `locked` or `failed`. */
export interface Keyring {
  /** Whether there is one that could be used now. Asks no person; never rejects. */
  probe(): Promise<Availability>;
  /** The secret; undefined when there is none. */
  read(how: { readonly mayAsk: boolean }): Promise<Uint8Array | undefined>;
  /** May ask the person to unlock it. */
  write(secret: Uint8Array): Promise<void>;
  /** Harmless when there is none. Asks no person. */
  erase(): Promise<void>;
}

/** As keyrings show it to people. */
const SERVICE = 'cloudnap';

/** A process, a library and a keyring that may have to be started first, on a busy machine. */
const QUIET_MS = 15_000;
/** For a person who has to find the prompt and remember a password. */
const ASKING_MS = 120_000;

/** No child is handed more than it needs: not the variables that may hold keys, nor what would change how Node runs. */
const NOT_INHERITED = /^(AWS_|CLOUDNAP_|NODE_OPTIONS$)/i;

const CURE =
  process.platform === 'linux'
    ? 'Start Cloudnap within a desktop session that has GNOME Keyring, KWallet or KeePassXC; or keep the keys in memory, or in a file with a passphrase.'
    : 'Keep the keys in memory, or in a file with a passphrase.';

/**
 * @param options.child the command that runs `keyring-child`
 * @param options.account tells one home's entry from another's
 * @param options.ended aborted when the daemon ends: a question that stands is given up
 */
export function systemKeyring(options: {
  readonly child: { readonly command: string; readonly args: readonly string[] };
  readonly account: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly ended: AbortSignal;
}): Keyring {
  const { child: program, account, clock, ended } = options;
  const env = Object.fromEntries(Object.entries(options.env).filter(([name]) => !NOT_INHERITED.test(name)));

  const ask = async (request: Omit<KeyringRequest, 'service' | 'account'>): Promise<string | null> => {
    const withinMs = request.mayAsk ? ASKING_MS : QUIET_MS;
    const child = spawn(program.command, program.args, {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    let late = false;
    const giveUp = () => void child.kill('SIGKILL');
    const cancel = clock.after(withinMs, () => {
      late = true;
      giveUp();
    });
    if (ended.aborted) giveUp();
    ended.addEventListener('abort', giveUp);
    try {
      const reply = await exchange(child, { ...request, service: SERVICE, account });
      if (reply?.done) return reply.secret ?? null;
      throw errorOf(reply, late);
    } finally {
      cancel();
      ended.removeEventListener('abort', giveUp);
      giveUp();
    }
  };

  return {
    probe: () =>
      ask({ op: 'probe', mayAsk: false }).then(
        () => ({ available: true }),
        (error: KeyStoreError) => ({ available: false, why: error.message, hint: error.hint }),
      ),
    async read({ mayAsk }) {
      const secret = await ask({ op: 'read', mayAsk });
      return secret === null ? undefined : Buffer.from(secret, 'base64');
    },
    async write(secret) {
      await ask({ op: 'write', mayAsk: true, secret: Buffer.from(secret).toString('base64') });
    },
    async erase() {
      await ask({ op: 'erase', mayAsk: false });
    },
  };
}

/** What the child answers; undefined when it ends without an answer. Its stdin stays open: it lives no longer. */
function exchange(child: ChildProcess, request: KeyringRequest): Promise<KeyringReply | undefined> {
  return new Promise((resolve) => {
    const { stdin, stdout } = child;
    if (!stdin || !stdout) return resolve(undefined);
    const lines = createInterface({ input: stdout });
    lines.once('line', (line) => resolve(JSON.parse(line) as KeyringReply));
    lines.once('close', () => resolve(undefined));
    // A child that cannot be started, or has ended before it was asked, is one that does not answer.
    child.once('error', () => resolve(undefined));
    stdin.on('error', () => resolve(undefined));
    stdin.write(`${JSON.stringify(request)}\n`);
  });
}

function errorOf(reply: KeyringReply | undefined, late: boolean): KeyStoreError {
  if (late)
    return new KeyStoreError('locked', 'The keyring did not answer in time', {
      hint: 'Is there a prompt to unlock it on the screen? Answer it and try again.',
    });
  if (!reply || reply.done)
    return new KeyStoreError('failed', 'The keyring could not be asked', { hint: CURE });
  switch (reply.reason) {
    case 'absent':
      return new KeyStoreError('no-keyring', `There is no keyring here: ${reply.message}`, { hint: CURE });
    case 'locked':
      return new KeyStoreError('locked', `The keyring is locked: ${reply.message}`, {
        hint: 'Unlock it, for instance by running `cloudnap login`.',
      });
    case 'failed':
      return new KeyStoreError('failed', `The keyring failed: ${reply.message}`, { hint: CURE });
  }
}
