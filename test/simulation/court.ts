/** What the judges of one rig share: the facts each keeps for the others, and where verdicts go. */
import type { Entry } from '../../src/core/ledger.js';
import type { TargetId } from '../../src/core/target.js';
import type { Rig } from '../fakes/rig.js';
import type { Episodes } from './episodes.js';
import type { Guards } from './guards.js';
import type { Owed } from './owed.js';
import type { Truth } from './truth.js';
import type { Verdicts } from './verdicts.js';

export interface Court {
  readonly rig: Rig;
  readonly verdicts: Verdicts;
  readonly truth: Truth;
  readonly owed: Owed;
  readonly episodes: Episodes;
  readonly guards: Guards;
  readonly asked: Asked;
}

/** What a person is asking for by command at this moment. */
export interface Asked {
  readonly verbs: Map<TargetId, 'start' | 'stop' | 'scale'>;
  /** Targets for which a command has asked something of AWS. */
  readonly acted: Set<TargetId>;
}

/** The open entry of a target, as the ledger holds it. */
export function openEntry(rig: Rig, id: TargetId): Entry | undefined {
  return rig.ledger.openEntries().find((entry) => entry.targetId === id);
}
