/** services.yaml as the port `Registry`: read, judged, watched, and edited in place. */
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../core/errors.js';
import { describeFault, type Registered, type RegistrationDraft, type Registry } from '../core/registry.js';
import { type TargetId, targetFault, targetId } from '../core/target.js';
import { writeFileAtomic } from '../system/atomic-file.js';
import { type LiveFile, type LiveFileOptions, openLiveFile, type Reading } from './live-file.js';
import { faultMaker } from './place.js';
import { HEADER, insertEntry, removeEntry } from './services-edit.js';
import { judgeServices, type Placed, readServices } from './services-read.js';
import { entryOf, SECTIONS, type Section } from './services-schema.js';

/** {@link Registry} over a file; close it to stop watching. */
export interface RegistryFile extends Registry {
  /** Keys in the file that mean nothing to us, kept; each with a "did you mean" where one is close. */
  unknownKeys(): readonly string[];
  close(): Promise<void>;
}

/**
 * Opens services.yaml. No file, or one without entries, is an empty registry; the first registration writes it.
 * A file that had entries and is suddenly gone or blank is a fault: what it held stays in force until the
 * entries are back, or are taken out in so many words (`ec2_instances: []`). Never rejects: a file broken at
 * the start is an empty registry with faults.
 */
export async function openRegistry(options: LiveFileOptions): Promise<RegistryFile> {
  const { path } = options;
  const file = await openLiveFile<readonly Registered[]>(options, {
    initial: [],
    initialText: undefined,
    read: (text, current) => judge(path, text, current),
  });
  return {
    current: file.current,
    faults: file.faults,
    unknownKeys: file.unknownKeys,
    onChange: file.onChange,
    close: file.close,
    add: (draft) => file.exclusively((text) => add(file, path, text ?? HEADER, draft)),
    remove: (id) => file.exclusively((text) => remove(file, path, text ?? '', id)),
  };
}

function judge(
  path: string,
  text: string | undefined,
  current: readonly Registered[],
): Reading<readonly Registered[]> {
  const blank = text === undefined || text.trim() === '';
  if (blank && current.length > 0) {
    const found = text === undefined ? 'no file' : 'an empty file';
    const cure = 'put the entries back, or write ec2_instances: [] if nothing is to nap any more';
    const fault = faultMaker(path, '').whole(
      `found ${found}, expected the ${current.length} entries it had: ${cure}`,
    );
    return { value: undefined, faults: [fault], unknownKeys: [] };
  }
  const { entries, faults, unknownKeys } = readServices(path, text ?? '');
  return { value: entries?.map(({ registered }) => registered), faults, unknownKeys };
}

async function add(
  file: LiveFile<readonly Registered[]>,
  path: string,
  text: string,
  draft: RegistrationDraft,
): Promise<Registered> {
  const before = intact(file, path, text);
  const id = targetId(draft.target);
  const wrong = targetFault(draft.target);
  if (wrong !== undefined) throw new CommandError('BAD_REQUEST', wrong);
  if (before.some(({ registered }) => registered.id === id))
    throw new CommandError('ALREADY_REGISTERED', `${id} is registered already`, {
      hint: `To change its entry, edit ${path}; it is read again when it is saved.`,
    });
  judgeDraft(before, draft);
  const section = SECTIONS[draft.target.kind];
  const edited = insertEntry(text, section, entryOf(draft));
  const after = edited === undefined ? undefined : readServices(path, edited).entries;
  const added = after?.find(({ registered }) => registered.id === id)?.registered;
  const others = after?.filter(({ registered }) => registered.id !== id);
  if (edited === undefined || !added || !isDeepStrictEqual(others, before)) throw beyondUs(path);
  await write(file, path, edited);
  return added;
}

async function remove(
  file: LiveFile<readonly Registered[]>,
  path: string,
  text: string,
  id: TargetId,
): Promise<Registered> {
  const before = intact(file, path, text);
  const entry = before.find(({ registered }) => registered.id === id);
  if (!entry) throw new CommandError('NOT_REGISTERED', `${id} is not registered`);
  const dependents = before.filter(({ registered }) => registered.dependsOn.includes(id));
  if (dependents.length > 0) {
    const names = dependents.map(({ registered }) => registered.name ?? registered.id).join(', ');
    throw new CommandError('REFUSED', `${names} ${dependents.length > 1 ? 'depend' : 'depends'} on ${id}`, {
      hint: `Unregister what depends on it first, or take it out of depends_on in ${path}.`,
    });
  }
  const edited = removeEntry(text, entry.section, entry.index);
  const after = edited === undefined ? undefined : readServices(path, edited).entries;
  const expected = before.filter((other) => other !== entry).map(({ registered }) => registered);
  if (
    edited === undefined ||
    !isDeepStrictEqual(
      after?.map(({ registered }) => registered),
      expected,
    )
  )
    throw beyondUs(path);
  await write(file, path, edited);
  return entry.registered;
}

/** The entries of a file that is in order. @throws CommandError REFUSED naming the fault. */
function intact(file: LiveFile<readonly Registered[]>, path: string, text: string): readonly Placed[] {
  const fault = file.faults()[0];
  const entries = fault ? undefined : readServices(path, text).entries;
  if (entries) return entries;
  throw new CommandError('REFUSED', fault ? describeFault(fault) : `${path} is broken`, {
    hint: 'Correct the file, then try again; until then its last good version stays in force.',
  });
}

/** Judges a draft by the file's own rules, beside the entries that are there. @throws CommandError BAD_REQUEST. */
function judgeDraft(before: readonly Placed[], draft: RegistrationDraft): void {
  const namesake = before.find(
    ({ registered }) => draft.name !== undefined && registered.name === draft.name,
  );
  if (namesake)
    throw new CommandError('BAD_REQUEST', `the name "${draft.name}" is taken by ${namesake.registered.id}`, {
      hint: 'Choose another name.',
    });
  const value: Record<Section, object[]> = { ec2_instances: [], ecs_services: [], eks_nodegroups: [] };
  for (const { registered, section } of before)
    value[section].push(entryOf({ target: registered.target, name: registered.name }));
  value[SECTIONS[draft.target.kind]].push(entryOf(draft));
  const located = { value, offsetOf: () => 0, textOf: () => undefined };
  const { faults, unknownKeys } = judgeServices(located, faultMaker('', ''));
  const [fault] = faults;
  // Only the draft can be at fault; its place in the list means nothing to whoever gave it.
  const withoutPlace = (key: string) => key.replace(/^\w+\[\d+\]\.?/, '');
  if (fault) throw new CommandError('BAD_REQUEST', `${withoutPlace(fault.key ?? '')}: ${fault.message}`);
  if (unknownKeys[0])
    throw new CommandError(
      'BAD_REQUEST',
      `${withoutPlace(unknownKeys[0])} means nothing for ${draft.target.kind}`,
      {
        hint: 'Leave it out.',
      },
    );
}

async function write(file: LiveFile<readonly Registered[]>, path: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(path, text);
  } catch (cause) {
    throw new CommandError('REFUSED', `${path} cannot be written`, {
      hint: 'See to its rights and to free space.',
      cause,
    });
  }
  file.accept(text);
}

/** The layout is nothing we can edit with all else untouched (`ec2_instances: *alias`, an anchor still in use). */
function beyondUs(path: string): CommandError {
  return new CommandError(
    'REFUSED',
    `${path} is laid out in a way that cannot be edited without changing the rest`,
    {
      hint: 'Make the change by hand; the file is read again when it is saved.',
    },
  );
}
