/**
 * What to do about one target now: wanted × observed × open ledger entry × a person's last word on it → a step.
 * Pure and exhaustive; every step says why. The agent gathers the facts and carries the step out.
 */
import type { FieldName, Observed, Ours } from './driver.js';
import type { Entry, Outcome, Sighting } from './ledger.js';

/** How long a nap waits for an ECS deployment to end. */
export const DEPLOYMENT_PATIENCE_MS = 15 * 60_000;
/** How long a target waits for each of those it depends on, or that depend on it. */
export const DEPENDENCY_PATIENCE_MS = 10 * 60_000;
/** This long after the call, a nap that shows no effect at all was never applied, even if its answer was lost. */
export const UNAPPLIED_AFTER_MS = 60_000;

export type Step =
  /** Nothing to do until something changes. */
  | { readonly do: 'none'; readonly why: string; readonly refused?: boolean; readonly dryRun?: boolean }
  /** Nothing to do yet, but soon: look again. `tell`: a person would want to know what it waits for. */
  | { readonly do: 'wait'; readonly why: string; readonly tell?: boolean }
  /** Nap it: with a new entry, or going on with the open one. */
  | { readonly do: 'nap'; readonly why: string; readonly notice?: string | undefined }
  /** Write down that the nap is complete. */
  | { readonly do: 'confirm'; readonly why: string }
  /** Put it back, leaving the fields in `keep` alone. */
  | {
      readonly do: 'restore';
      readonly why: string;
      readonly keep: readonly FieldName[];
      readonly notice?: string | undefined;
    }
  /** The entry is over. */
  | { readonly do: 'close'; readonly outcome: Outcome; readonly why: string };

/** Why a nap may happen now; undefined: it may not. */
type Due = string | undefined;

/** What the driver's pure verbs say of an open entry and what is seen now. */
export interface Comparison {
  readonly ours: Ours;
  /** Fields not yet as saved, none left out. */
  readonly differing: readonly FieldName[];
  readonly napApplied: boolean;
  readonly untouched: boolean;
  /** Whether the target's size is the saved one. */
  readonly sizeAsSaved: boolean;
}

export interface Facts {
  readonly observed: Observed;
  /** The open entry of this target, of whatever account. */
  readonly entry: Entry | undefined;
  /** Undefined exactly when there is no entry or the target is gone. */
  readonly comparison: Comparison | undefined;
  /** Undefined when it is not registered or not enabled. */
  readonly registered: { readonly autoscalerOurs: boolean } | undefined;
  /** A live lease is on it: who holds the longest. */
  readonly wantedBy: string | undefined;
  readonly due: Due;
  readonly presenceUnknown: boolean;
  /** A person started or scaled it and presence has not been renewed since. */
  readonly guarded: boolean;
  readonly dryRun: boolean;
  readonly account: string;
  readonly pinned: string | undefined;
  /** Targets that depend on this one and are still up. */
  readonly dependentsUp: readonly string[];
  /** Those of them that are meant to stay up, or have to for others' sake: this one then stays too. */
  readonly dependentsStay: readonly string[];
  /** Targets this one depends on that are on their way back. */
  readonly dependenciesDown: readonly string[];
  /** Milliseconds since this step was first put off, for the patience above. */
  readonly waitedMs: number;
  /** Milliseconds since a nap was last asked for that has not been seen to take effect; `Infinity`: there is none. */
  readonly unseenNapMs: number;
}

/** Decides. The order of the questions is the meaning: each answers for all cases that reach it. */
export function plan(facts: Facts): Step {
  return facts.entry ? planOpen(facts, facts.entry) : planFresh(facts);
}

function planOpen(facts: Facts, entry: Entry): Step {
  const { observed, comparison } = facts;
  if (entry.account !== facts.account)
    return { do: 'none', why: `its open entry belongs to account ${entry.account}` };
  if (observed.power === 'gone' || !comparison)
    return { do: 'close', outcome: 'deleted', why: 'it no longer exists in AWS' };
  if (facts.dryRun) return { do: 'none', why: 'dry_run is on: what is owed stays open' };
  switch (entry.phase) {
    case 'napping':
      return planNapping(facts, entry, comparison);
    case 'napped':
      return planNapped(facts, entry, comparison);
    case 'restoring':
      return planRestoring(facts, entry, comparison);
  }
}

/** The intent is written; how much of it has AWS done? */
function planNapping(facts: Facts, entry: Entry, seen: Comparison): Step {
  const { observed } = facts;
  // Neither as saved nor as a nap leaves it: somebody changed it since.
  const touched = seen.ours.changed.filter((field) => seen.differing.includes(field));
  if (entry.calledBy !== undefined) return back(facts, entry, touched, entry.calledBy);
  if (seen.napApplied) {
    if (observed.power === 'off') return { do: 'confirm', why: entry.reason };
    return { do: 'wait', why: `it is ${observed.state}` };
  }
  const stays = goesOnNoMore(facts, entry);
  if (seen.untouched) {
    if (entry.by === 'lease' && facts.due !== undefined && stays === undefined) return again(facts, entry);
    if (facts.unseenNapMs >= UNAPPLIED_AFTER_MS)
      return { do: 'close', outcome: 'unneeded', why: 'the nap never took effect' };
    return { do: 'wait', why: 'the nap has not taken effect' };
  }
  if (!seen.sizeAsSaved && observed.power !== 'stopping' && observed.power !== 'off')
    return theirs(facts, entry, seen);
  // A maximum is not the nap's to set, so it does not stand in its way.
  if (touched.some((field) => field !== 'max')) return theirs(facts, entry, seen);
  if (stays !== undefined) return { do: 'none', why: stays };
  return again(facts, entry);
}

/** Why a nap that is half done is not gone on with; it is given back when somebody is there. */
function goesOnNoMore(facts: Facts, entry: Entry): string | undefined {
  if (entry.by === 'person') return undefined;
  if (!facts.registered) return 'it is not registered, or disabled';
  if (facts.pinned !== facts.account) return 'the account signed in is not the pinned one';
  if (facts.presenceUnknown && facts.due === undefined) return 'presence is unknown: nothing is stopped';
  return undefined;
}

/** Goes on with an interrupted or failed nap. */
function again(facts: Facts, entry: Entry): Step {
  if (facts.observed.napWaits !== undefined && facts.observed.target.kind !== 'ecs')
    return { do: 'wait', why: facts.observed.napWaits };
  return { do: 'nap', why: entry.reason };
}

function planNapped(facts: Facts, entry: Entry, seen: Comparison): Step {
  if (seen.ours.taken) return theirs(facts, entry, seen);
  if (entry.calledBy !== undefined) return back(facts, entry, seen.ours.changed, entry.calledBy);
  return { do: 'none', why: entry.reason };
}

function planRestoring(facts: Facts, entry: Entry, seen: Comparison): Step {
  const why = entry.calledBy ?? 'a restore was under way';
  if (facts.observed.restoreWaits !== undefined) return { do: 'wait', why: facts.observed.restoreWaits };
  const touched = seen.ours.changed.filter((field) => seen.differing.includes(field));
  const keep = [...new Set([...entry.keep, ...touched])];
  if (seen.differing.every((field) => keep.includes(field))) {
    // A nap that was never seen to take effect may still do so: let go only when it no longer can.
    if (seen.untouched && facts.unseenNapMs < UNAPPLIED_AFTER_MS)
      return { do: 'wait', why: 'the nap before it may still take effect' };
    return finished(keep, why);
  }
  const mayNap = keep.length === 0 && !facts.guarded && goesOnNoMore(facts, entry) === undefined;
  if (facts.due !== undefined && mayNap) return { do: 'nap', why: facts.due };
  return back(facts, entry, keep, why);
}

/** A person runs it, or stopped it anew: put back what is still as we left it, then let go. */
function theirs(facts: Facts, entry: Entry, seen: Comparison): Step {
  const keep = [...new Set([...entry.keep, ...seen.ours.changed])];
  const why = 'somebody changed it meanwhile: what they changed is theirs';
  if (seen.differing.every((field) => keep.includes(field)))
    return { do: 'close', outcome: 'overridden', why };
  if (facts.observed.restoreWaits !== undefined) return { do: 'wait', why: facts.observed.restoreWaits };
  return { do: 'restore', why, keep };
}

function back(facts: Facts, entry: Entry, changed: readonly FieldName[], why: string): Step {
  const keep = [...new Set([...entry.keep, ...changed])];
  if (facts.observed.restoreWaits !== undefined)
    return { do: 'wait', why: facts.observed.restoreWaits, tell: true };
  if (facts.dependenciesDown.length === 0) return { do: 'restore', why, keep };
  const names = facts.dependenciesDown.join(', ');
  if (facts.waitedMs < DEPENDENCY_PATIENCE_MS)
    return { do: 'wait', why: `it depends on ${names}, which is not back yet`, tell: true };
  return { do: 'restore', why, keep, notice: `${names}, which it depends on, is not back after 10 minutes` };
}

function finished(keep: readonly FieldName[], why: string): Step {
  return keep.length === 0
    ? { do: 'close', outcome: 'restored', why }
    : {
        do: 'close',
        outcome: 'overridden',
        why: `${keep.join(', ')} was changed by somebody meanwhile and stays as it is`,
      };
}

function planFresh(facts: Facts): Step {
  const { observed } = facts;
  if (observed.power === 'gone') return { do: 'none', why: 'it does not exist in AWS' };
  if (!facts.registered) return { do: 'none', why: 'it is not registered, or disabled' };
  if (facts.pinned !== facts.account)
    return { do: 'none', why: 'the account signed in is not the pinned one' };
  if (observed.power === 'off') return { do: 'none', why: 'it is stopped already, and not by us' };
  if (facts.presenceUnknown && facts.due === undefined)
    return { do: 'none', why: 'presence is unknown: nothing is stopped' };
  if (facts.wantedBy !== undefined) return { do: 'none', why: `it is needed: ${facts.wantedBy}` };
  if (observed.refusal && isRefused(observed, facts.registered.autoscalerOurs))
    return { do: 'none', why: observed.refusal.reason, refused: true };
  if (facts.guarded)
    return { do: 'none', why: 'a person started or scaled it; it stays until they are back once' };
  if (facts.due === undefined) return { do: 'none', why: 'its warning has not stood long enough' };
  if (observed.power === 'stopping') return { do: 'wait', why: 'somebody is stopping it' };
  if (facts.dependentsStay.length > 0)
    return { do: 'none', why: `${facts.dependentsStay.join(', ')} stays up and depends on it` };
  return planNap(facts, facts.due);
}

/** All that stands between a due nap and its call is patience. */
function planNap(facts: Facts, due: string): Step {
  const { observed } = facts;
  const patient = observed.target.kind === 'ecs' && facts.waitedMs >= DEPLOYMENT_PATIENCE_MS;
  if (observed.napWaits !== undefined && !patient) return { do: 'wait', why: observed.napWaits, tell: true };
  const up = facts.dependentsUp.join(', ');
  if (up !== '' && facts.waitedMs < DEPENDENCY_PATIENCE_MS)
    return { do: 'wait', why: `${up} depends on it and is still up`, tell: true };
  if (facts.dryRun) return { do: 'none', why: `would nap: ${due}`, dryRun: true };
  const notices = [
    ...(observed.napWaits === undefined ? [] : [`${observed.napWaits} for more than 15 minutes`]),
    ...(up === '' ? [] : [`${up}, which depends on it, is still up after 10 minutes`]),
  ];
  return { do: 'nap', why: due, notice: notices.length > 0 ? notices.join('; ') : undefined };
}

/** Whether a target must never be napped automatically as it is and as it is registered. */
export function isRefused(observed: Observed, autoscalerOurs: boolean): boolean {
  return observed.refusal !== undefined && !(observed.refusal.lifts === 'autoscaler' && autoscalerOurs);
}

/**
 * Whether what is seen now, compared with what was seen last, is a person's word: they started the target, or
 * gave it another size. A size that an autoscaler may change says nothing.
 */
export function isPersonsWord(
  before: Sighting,
  now: { up: boolean; size: number; autoscaled: boolean },
): boolean {
  if (!now.up) return false;
  if (!before.up) return true;
  return !now.autoscaled && before.size !== undefined && before.size !== now.size;
}
