/**
 * Asks the keyring once, in a process of its own. The native library cannot be interrupted: while a prompt stands on
 * the screen it holds a thread, with which the daemon could not even end. This process can be killed at any time, and
 * ends itself when whoever started it is gone. The request comes as a line on stdin, the reply goes as one to stdout:
 * no secret is ever in the arguments or the environment of a process.
 */
import { createInterface } from 'node:readline';
import type { KeyringReply, KeyringRequest } from './keyring-protocol.js';
import { secretService } from './keyring-service.js';

const lines = createInterface({ input: process.stdin });
// Not process.exit, which waits for the library's thread.
lines.once('close', () => process.kill(process.pid, 'SIGKILL'));
lines.once('line', (line) => {
  answer(JSON.parse(line) as KeyringRequest)
    .catch((error: unknown): KeyringReply => failed('failed', error))
    .then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`))
    .catch(() => process.kill(process.pid, 'SIGKILL'));
});

async function answer(request: KeyringRequest): Promise<KeyringReply> {
  const { op, service, account, secret, mayAsk } = request;
  const found = process.platform === 'linux' ? await secretService(process.env) : { state: 'open' as const };
  if (found.state === 'absent') return failed('absent', found.why);
  if (op === 'probe') return { done: true };
  if (found.state === 'locked' && !mayAsk) return failed('locked', found.why);
  const { AsyncEntry } = await import('@napi-rs/keyring');
  try {
    // Without the pin it would fall back on Linux to a store that a reboot empties.
    const entry = new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
    if (op === 'write') await entry.setSecret(Buffer.from(secret ?? '', 'base64'));
    if (op === 'erase') await entry.deleteCredential();
    if (op !== 'read') return { done: true };
    const read = await entry.getSecret();
    return { done: true, secret: read ? Buffer.from(read).toString('base64') : null };
  } catch (error) {
    // The library gives every failure the same code; what the keyring was before tells more than its words.
    return failed(found.state === 'locked' ? 'locked' : 'failed', error);
  }
}

function failed(reason: 'absent' | 'locked' | 'failed', why: unknown): KeyringReply {
  return { done: false, reason, message: why instanceof Error ? why.message : String(why) };
}
