/** The questions of `cloudnap login` in a terminal. */
import { cancel, confirm, isCancel, log, password, select, spinner, text } from '@clack/prompts';
import type { ControlClient } from '../control/client.js';
import type { WireSignedIn, WireSignIn } from '../control/wire-desk.js';
import { SHORTEST_PASSPHRASE } from '../core/sign-in.js';

interface Wishes {
  readonly region?: string;
  readonly save?: 'memory' | 'keyring' | 'file';
}

class Cancelled extends Error {}

/** Asks and signs in; undefined when the person gave up. Rejects as the daemon does. */
export async function askToSignIn(control: ControlClient, wishes: Wishes): Promise<WireSignedIn | undefined> {
  const [state, { profiles }] = await Promise.all([control.signInState(), control.profiles()]);
  if (state.problem) log.warn(state.problem.message);
  try {
    const saved = state.source?.kind === 'saved' ? state.source.keptIn : undefined;
    const way = await answered(
      select({
        message: 'How do you sign in to AWS?',
        options: [
          ...(saved ? [{ value: 'unlock', label: 'Unlock the saved keys' }] : []),
          ...profiles.map(({ name, kind }) => ({
            value: `profile ${name}`,
            label: `Profile ${name}`,
            hint: kind,
          })),
          { value: 'keys', label: 'Enter an access key' },
        ],
      }),
    );
    if (way === 'unlock') return await waiting(() => unlock(control, saved));
    if (way === 'keys') return await withKeys(control, state, wishes);
    return await waiting(() => control.signInWithProfile({ profile: way.slice('profile '.length) }));
  } catch (thrown) {
    if (!(thrown instanceof Cancelled)) throw thrown;
    cancel('Nothing was changed.');
    return undefined;
  }
}

async function unlock(control: ControlClient, place: 'keyring' | 'file' | undefined): Promise<WireSignedIn> {
  if (place === 'keyring') return control.unlock();
  return control.unlock({ passphrase: await answered(password({ message: 'Passphrase' })) });
}

async function withKeys(control: ControlClient, state: WireSignIn, wishes: Wishes): Promise<WireSignedIn> {
  const id = await answered(text({ message: 'Access key id', validate: needed }));
  const secret = await answered(password({ message: 'Secret access key', validate: needed }));
  const hasToken = await answered(
    confirm({ message: 'Is there a session token (temporary keys)?', initialValue: id.startsWith('ASIA') }),
  );
  const token = hasToken
    ? await answered(password({ message: 'Session token', validate: needed }))
    : undefined;
  const save = wishes.save ?? (await askWhere(state));
  const passphrase =
    save === 'file'
      ? await answered(
          password({
            message: `A passphrase for the file, at least ${SHORTEST_PASSPHRASE} characters`,
            validate: (value) =>
              (value ?? '').length < SHORTEST_PASSPHRASE ? 'That is too short.' : undefined,
          }),
        )
      : undefined;
  return waiting(() =>
    control.signInWithKeys({
      access_key_id: id.trim(),
      secret_access_key: secret.trim(),
      session_token: token?.trim(),
      region: wishes.region,
      save,
      passphrase,
    }),
  );
}

function askWhere(state: WireSignIn): Promise<'memory' | 'keyring' | 'file'> {
  const { keyring, file } = state.places;
  return answered(
    select<'memory' | 'keyring' | 'file'>({
      message: 'Where are they kept?',
      options: [
        { value: 'memory', label: 'In memory, until the daemon ends' },
        ...(keyring.available ? [{ value: 'keyring' as const, label: "In this computer's keyring" }] : []),
        ...(file.available ? [{ value: 'file' as const, label: 'In a file that a passphrase opens' }] : []),
      ],
    }),
  );
}

function needed(value: string | undefined): string | undefined {
  return value?.trim() ? undefined : 'This is needed.';
}

async function answered<T>(question: Promise<T>): Promise<Exclude<T, symbol>> {
  const answer = await question;
  if (isCancel(answer)) throw new Cancelled();
  return answer as Exclude<T, symbol>;
}

async function waiting<T>(work: () => Promise<T>): Promise<T> {
  const wait = spinner();
  wait.start('AWS is asked');
  try {
    const done = await work();
    wait.stop('AWS says yes');
    return done;
  } catch (thrown) {
    wait.error('AWS says no, or cannot be asked');
    throw thrown;
  }
}
