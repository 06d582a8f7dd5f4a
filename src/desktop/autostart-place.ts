/** What each place that can start Cloudnap at login keeps to, and how their files are written and removed. */
import { execFile } from 'node:child_process';
import { lstat, mkdir, readFile, readlink, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AutostartEntry, AutostartKind } from '../core/autostart.js';
import { CommandError, messageOf } from '../core/errors.js';
import { writeFileAtomic } from '../system/atomic-file.js';

/** A command to start: the program's absolute path, and its arguments. */
export type Words = readonly [program: string, ...args: string[]];

/** What was found in a place. */
export interface Found {
  /** The command as it is spelled there. */
  readonly command: string;
  readonly isOn: boolean;
  readonly when: AutostartEntry['when'];
}

/** One place. */
export interface AutostartPlace {
  readonly kind: AutostartKind;
  readonly where: string;
  /** Spells a command as {@link put} writes it; the spelling of its first words is how that of all words begins. */
  spell(words: Words): string;
  /** Undefined when nothing with a command is there. */
  find(): Promise<Found | undefined>;
  /** Writes it, or writes it anew. */
  put(words: Words): Promise<void>;
  /** Removes it, or what is left of it. */
  remove(): Promise<void>;
}

/** What a program said and came to. */
export interface Ran {
  readonly isDone: boolean;
  readonly output: string;
  readonly complaint: string;
}

/** Runs a program of the OS to its end. Never rejects: one that cannot be started is not done. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<Ran>;

/** A manager of services that does not answer for so long is taken for none. */
const ANSWER_MS = 10_000;

/** Runs the programs of this machine in the environment given. */
export function programRunner(env: NodeJS.ProcessEnv): RunProgram {
  return (program, args) =>
    new Promise((resolve) => {
      const options = { env, timeout: ANSWER_MS, windowsHide: true };
      execFile(program, args, options, (error, output, stderr) => {
        const complaint = stderr.trim() || (error ? error.message : '');
        resolve({ isDone: error === null, output, complaint });
      });
    });
}

/** The text of a file; undefined when there is none. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refusal(`${path} cannot be read`, error);
  }
}

/** Writes an entry, and its folder where that is missing. */
export async function writeEntry(path: string, text: string): Promise<void> {
  await leaveLinks(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, text);
  } catch (error) {
    throw refusal(`${path} cannot be written`, error);
  }
}

/** Removes an entry if there is one. */
export async function removeEntry(path: string): Promise<void> {
  await leaveLinks(path);
  await removeFile(path);
}

/** Removes a file, or a link itself, if there is one. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw refusal(`${path} cannot be removed`, error);
  }
}

/** A link was put there by whoever manages these files, or to mask the unit: theirs to change. */
async function leaveLinks(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (!stat?.isSymbolicLink()) return;
  throw new CommandError(
    'REFUSED',
    `${path} is a link to ${await readlink(path)}, which somebody else manages`,
    {
      hint: 'Change it where it is managed, or remove the link and try again.',
    },
  );
}

function refusal(what: string, cause: unknown): CommandError {
  return new CommandError('REFUSED', `${what}: ${messageOf(cause)}`, {
    hint: 'Make the file and its folder your own, then try again.',
    cause,
  });
}
