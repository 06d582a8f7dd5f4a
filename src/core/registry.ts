/** The registered targets: the port to services.yaml, and the pure rules over names and dependencies. */
import { CommandError } from './errors.js';
import type { Settings } from './settings.js';
import { parseTargetId, type Target, type TargetId } from './target.js';

/** One entry of services.yaml, resolved: names in `depends_on` have become ids. */
export interface Registered {
  readonly id: TargetId;
  readonly target: Target;
  /** The unique `name:`, where one is given. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled: boolean;
  /** Its own inactivity timeout. */
  readonly timeoutMs?: number | undefined;
  readonly dependsOn: readonly TargetId[];
  /** Size for an explicit start when nothing better is remembered. */
  readonly desired?: number | undefined;
  /** `autoscaler: ours`: the Cluster Autoscaler's tag does not keep this node group from napping. */
  readonly autoscalerOurs: boolean;
  /** A team needs it too: its leases are kept in the team's table, where one is in use. */
  readonly shared: boolean;
}

/** What may be given at registration, in the file's own words. */
export interface RegistrationDraft {
  readonly target: Target;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly timeoutMinutes?: number | undefined;
  /** Target names as the user wrote them. */
  readonly dependsOn?: readonly string[] | undefined;
  readonly desired?: number | undefined;
  readonly autoscaler?: 'ours' | undefined;
  readonly shared?: boolean | undefined;
}

/** Something wrong with a config file; the last good version stays in force. */
export interface FileFault {
  readonly file: string;
  /** From 1; undefined where the file as a whole is meant. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** The key's path: `ec2_instances[0].region`. */
  readonly key: string | undefined;
  /** One sentence: what was found, what was expected, and the cure. */
  readonly message: string;
}

/**
 * A fault in one line:
 * `services.yaml:4:5: ec2_instances[0].region: found "eu-central", expected a region name such as eu-central-1`.
 */
export function describeFault(fault: FileFault): string {
  const file = fault.file.replace(/^.*[\\/]/, '');
  const place = [file, fault.line, fault.column].filter((part) => part !== undefined).join(':');
  return [place, fault.key, fault.message].filter((part) => part !== undefined).join(': ');
}

/** The port to services.yaml. */
export interface Registry {
  /** The last good version. */
  current(): readonly Registered[];
  /** Faults of the file as it is on disk; empty when it is in force. */
  faults(): readonly FileFault[];
  /**
   * Writes a new entry, keeping comments, order and layout; resolved means it is on disk and in force.
   * @throws CommandError ALREADY_REGISTERED, BAD_REQUEST (a name not unique, an unknown dependency), REFUSED
   * (the file is broken: it names the fault).
   */
  add(draft: RegistrationDraft): Promise<Registered>;
  /** Removes an entry likewise. @throws CommandError NOT_REGISTERED, REFUSED (also when another depends on it). */
  remove(id: TargetId): Promise<Registered>;
  /** Calls back after `current` or `faults` changed, whoever changed it. Returns what ends it. */
  onChange(fn: () => void): () => void;
}

/** The port to settings.json. */
export interface SettingsSource {
  current(): Settings;
  faults(): readonly FileFault[];
  /** Keys in the file that mean nothing to us; kept. */
  unknownKeys(): readonly string[];
  onChange(fn: () => void): () => void;
}

/**
 * The target a person means: a canonical name, or the unique `name:` of a registered target.
 * @throws CommandError BAD_REQUEST when it is neither.
 */
export function resolveTarget(text: string, registered: readonly Registered[]): Target {
  const byName = registered.find((entry) => entry.name === text);
  if (byName) return byName.target;
  const target = parseTargetId(text);
  if (target) return target;
  throw new CommandError('BAD_REQUEST', `"${text}" names no target`, {
    hint: 'Use ec2:REGION:ID, ecs:REGION:CLUSTER:SERVICE, eks:REGION:CLUSTER:NODEGROUP, or a name from services.yaml.',
  });
}

/** The first circle in `depends_on`, as the ids along it (first repeated at the end), or undefined. */
export function findCircle(
  entries: readonly Pick<Registered, 'id' | 'dependsOn'>[],
): readonly TargetId[] | undefined {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const done = new Set<TargetId>();
  const visit = (id: TargetId, path: readonly TargetId[]): readonly TargetId[] | undefined => {
    const at = path.indexOf(id);
    if (at >= 0) return [...path.slice(at), id];
    if (done.has(id)) return undefined;
    for (const next of byId.get(id)?.dependsOn ?? []) {
      const circle = visit(next, [...path, id]);
      if (circle) return circle;
    }
    done.add(id);
    return undefined;
  };
  for (const entry of entries) {
    const circle = visit(entry.id, []);
    if (circle) return circle;
  }
  return undefined;
}

/** For each target, everything that depends on it, directly or through others. */
export function dependentsOf(entries: readonly Registered[]): ReadonlyMap<TargetId, ReadonlySet<TargetId>> {
  const direct = new Map<TargetId, Set<TargetId>>();
  for (const entry of entries)
    for (const dependency of entry.dependsOn) {
      const set = direct.get(dependency) ?? new Set();
      direct.set(dependency, set.add(entry.id));
    }
  const all = new Map<TargetId, ReadonlySet<TargetId>>();
  const collect = (id: TargetId, into: Set<TargetId>): Set<TargetId> => {
    for (const dependent of direct.get(id) ?? [])
      if (!into.has(dependent)) {
        into.add(dependent);
        collect(dependent, into);
      }
    return into;
  };
  for (const entry of entries) all.set(entry.id, collect(entry.id, new Set()));
  return all;
}
