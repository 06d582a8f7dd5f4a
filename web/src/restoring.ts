/** How far a return has come: which services are being brought back, by what is so, not by time. Pure. */
import type { WireCondition, WireEvent, WirePlan, WireRegistered } from '../../src/control/wire.js';

/** `left`: it was let go of as somebody else had changed it, or as it is gone. */
export type Stage = 'waiting' | 'starting' | 'back' | 'left';

export interface Returning {
  readonly service: WireRegistered;
  readonly stage: Stage;
  /** What it waits for, or why it was left. */
  readonly note: string | undefined;
  /** What went wrong; it is tried again all the same. */
  readonly trouble: WireCondition | undefined;
}

export interface Known {
  readonly services: readonly WireRegistered[];
  readonly plan: readonly WirePlan[];
  readonly conditions: readonly WireCondition[];
  /** The newest first. */
  readonly events: readonly WireEvent[];
}

/** What begins a new return: those before it are over. */
const BEGINS: ReadonlySet<WireEvent['type']> = new Set(['presence', 'hold', 'started']);
/** How long it is still told that all are back. */
const TOLD_FOR_MS = 30_000;

/** The services that the last return brings back; none once all are back for a while. */
export function returning(known: Known, now: number): readonly Returning[] {
  const { services, plan, conditions, events } = known;
  const since = events.slice(
    0,
    indexOrEnd(events, ({ type }) => BEGINS.has(type)),
  );
  const last = new Map<string, WireEvent>();
  for (const event of [...since].reverse())
    if (event.target !== undefined && ['restore', 'restored', 'closed'].includes(event.type))
      last.set(event.target, event);
  const planned = new Map(plan.map((step) => [step.target, step]));
  const rows = services.flatMap((service): Returning[] => {
    const event = last.get(service.target);
    const next = planned.get(service.target);
    const stage = stageOf(service, next, event);
    if (stage === undefined) return [];
    const isUnderWay = stage === 'waiting' || stage === 'starting';
    const note = isUnderWay ? next?.waits : stage === 'left' ? event?.message : undefined;
    const trouble = conditions.find(({ target }) => target === service.target);
    return [{ service, stage, note: note ?? undefined, trouble }];
  });
  const isOver = rows.every(({ stage }) => stage === 'back' || stage === 'left');
  const endedAt = Math.max(...[...last.values()].map(({ at }) => (at === null ? 0 : Date.parse(at))));
  return isOver && now - endedAt > TOLD_FOR_MS ? [] : rows;
}

/** Undefined: it takes no part in this return. */
function stageOf(
  service: WireRegistered,
  next: WirePlan | undefined,
  event: WireEvent | undefined,
): Stage | undefined {
  if (service.phase === 'restoring') return 'starting';
  if (service.phase !== null) return next?.action === 'restore' ? 'waiting' : undefined;
  if (event?.type === 'closed') return event.level === 'warn' ? 'left' : undefined;
  if (event === undefined) return undefined;
  return service.power === 'starting' ? 'starting' : 'back';
}

function indexOrEnd<T>(list: readonly T[], is: (item: T) => boolean): number {
  const index = list.findIndex(is);
  return index === -1 ? list.length : index;
}
