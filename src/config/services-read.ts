/** From the text of services.yaml to registered targets, or to faults with their places. */
import { type FileFault, findCircle, type Registered } from '../core/registry.js';
import { parseTargetId, type TargetId, targetId } from '../core/target.js';
import { check, type Located } from './check.js';
import { closest } from './closest.js';
import { minutesToMs } from './fields.js';
import { type FaultMaker, faultMaker, type Path } from './place.js';
import { type AnyEntry, entriesOf, type Section, servicesSchema } from './services-schema.js';
import { readYaml } from './yaml-source.js';

/** An entry that is in order, and where it stands. */
export interface Placed {
  readonly registered: Registered;
  readonly section: Section;
  readonly index: number;
}

export interface ServicesRead {
  /** Undefined exactly when there are faults. */
  readonly entries: readonly Placed[] | undefined;
  readonly faults: readonly FileFault[];
  readonly unknownKeys: readonly string[];
}

/** Judges a text of services.yaml. Never throws. */
export function readServices(file: string, text: string): ServicesRead {
  const faults = faultMaker(file, text);
  const yaml = readYaml(text, faults);
  return yaml.located
    ? judgeServices(yaml.located, faults)
    : { entries: undefined, faults: yaml.faults, unknownKeys: [] };
}

/** Judges the values of services.yaml, wherever they come from. */
export function judgeServices(located: Located, faults: FaultMaker): ServicesRead {
  const { data, ...checked } = check(servicesSchema, located, faults);
  if (!data) return { ...checked, entries: undefined };
  const entries = entriesOf(data);
  const together = judgeTogether(entries, faults, located.offsetOf);
  return {
    entries: together.length > 0 ? undefined : place(entries),
    faults: together,
    unknownKeys: checked.unknownKeys,
  };
}

const pathOf = ({ section, index }: AnyEntry): Path => [section, index];

/** What only shows when the entries are seen together: doubles, unknown names, circles. */
function judgeTogether(
  entries: readonly AnyEntry[],
  faults: FaultMaker,
  offsetOf: (path: Path) => number,
): readonly FileFault[] {
  const found: FileFault[] = [];
  const fault = (path: Path, message: string) => found.push(faults.at(offsetOf(path), path, message));
  const lineOf = (path: Path) => faults.lineOf(offsetOf(path));

  const targets = new Map<TargetId, AnyEntry>();
  const names = new Map<string, AnyEntry>();
  for (const entry of entries) {
    const id = targetId(entry.target);
    const twin = targets.get(id);
    const lines = (first: Path, second: Path) =>
      `on line ${lineOf(first)} and again on line ${lineOf(second)}`;
    if (twin) {
      const where = lines(pathOf(twin), pathOf(entry));
      fault(pathOf(entry), `found ${id} ${where}, expected each target once: delete one of the two`);
    } else targets.set(id, entry);
    const { name } = entry.common;
    if (typeof name !== 'string') continue;
    const namesake = names.get(name);
    const path = [...pathOf(entry), 'name'];
    if (namesake) {
      const where = lines([...pathOf(namesake), 'name'], path);
      fault(
        path,
        `found the name ${JSON.stringify(name)} ${where}, expected each name once: rename one of the two`,
      );
    } else names.set(name, entry);
  }
  for (const entry of entries)
    for (const [index, wanted] of (entry.common.depends_on ?? []).entries()) {
      if (resolveName(wanted, names, targets) !== undefined) continue;
      // Instance ids are all alike: a near one would be another machine.
      const guesses = [...names.keys(), ...[...targets.keys()].filter((id) => !id.startsWith('ec2:'))];
      const meant = closest(wanted, guesses);
      const cure = meant ? `did you mean ${meant}?` : 'register it first, or take it out here';
      fault(
        [...pathOf(entry), 'depends_on', index],
        `found ${JSON.stringify(wanted)}, expected the name or target name of an entry in this file: ${cure}`,
      );
    }
  if (found.length > 0) return found;
  const circle = findCircle(place(entries).map(({ registered }) => registered));
  const first = circle?.[0] && targets.get(circle[0]);
  if (circle && first) {
    const words = circle.map((id) => targets.get(id)?.common.name ?? id).join(' → ');
    const message = `found a circle (${words}), expected an order to start in: take one of these out of depends_on`;
    fault([...pathOf(first), 'depends_on'], message);
  }
  return found;
}

function resolveName(
  text: string,
  names: ReadonlyMap<string, AnyEntry>,
  targets: ReadonlyMap<TargetId, AnyEntry>,
): TargetId | undefined {
  const target = names.get(text)?.target ?? parseTargetId(text);
  const id = target && targetId(target);
  return id !== undefined && targets.has(id) ? id : undefined;
}

function place(entries: readonly AnyEntry[]): readonly Placed[] {
  const names = new Map(
    entries.flatMap((entry) => (entry.common.name ? [[entry.common.name, entry] as const] : [])),
  );
  const targets = new Map(entries.map((entry) => [targetId(entry.target), entry]));
  return entries.map((entry) => {
    const { section, index, target, common } = entry;
    const minutes = common.inactivity_timeout_minutes ?? undefined;
    const dependsOn = (common.depends_on ?? []).flatMap((name) => resolveName(name, names, targets) ?? []);
    return {
      section,
      index,
      registered: {
        id: targetId(target),
        target,
        name: common.name ?? undefined,
        description: common.description ?? undefined,
        enabled: common.enabled ?? true,
        timeoutMs: minutes === undefined ? undefined : minutesToMs(minutes),
        dependsOn: [...new Set(dependsOn)],
        desired: entry.desired,
        autoscalerOurs: entry.autoscalerOurs,
        shared: common.shared ?? false,
      },
    };
  });
}
