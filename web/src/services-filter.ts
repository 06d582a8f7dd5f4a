/** What the page of services shows of the account, and in which order. Pure. */
import type { ServiceType, WireRegistered, WireService } from '../../src/control/wire.js';
import { type Phase, phaseOf } from './parts/state.js';

/** A service of the account, with what is known of it when it is registered. */
export type Shown = WireService & Partial<Pick<WireRegistered, 'phase' | 'enabled' | 'leases'>>;

/** What is asked for; each may be left open. */
export interface Wish {
  readonly words: string;
  readonly kind: ServiceType | 'all';
  readonly region: string;
  readonly registered: (typeof REGISTERED)[number];
  readonly state: (typeof STATES)[number];
}

export const REGISTERED = ['all', 'yes', 'no'] as const;
export const STATES = ['all', 'up', 'down', 'changing'] as const;
export const NO_WISH: Wish = { words: '', kind: 'all', region: 'all', registered: 'all', state: 'all' };

const STATE_OF: Readonly<Record<Phase, Wish['state']>> = {
  running: 'up',
  stopped: 'down',
  asleep: 'down',
  napping: 'changing',
  restoring: 'changing',
  changing: 'changing',
  unknown: 'all',
};

export function isMeant(service: Shown, wish: Wish): boolean {
  const { kind, region, registered, state } = wish;
  if (kind !== 'all' && service.service_type !== kind) return false;
  if (region !== 'all' && service.region !== region) return false;
  if (registered !== 'all' && service.registered !== (registered === 'yes')) return false;
  if (state !== 'all' && STATE_OF[phaseOf({ ...service, phase: service.phase ?? null })] !== state)
    return false;
  return hasWords(service, wish.words);
}

/** Whether every word typed is somewhere in the service's names. */
function hasWords(service: Shown, words: string): boolean {
  const { target, name, description, state, instance_type } = service;
  const text = [target, name, description, state, instance_type].join(' ').toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What AWS calls it: the instance id, or the cluster and the name in it. */
export function idOf(service: WireService): string {
  const { instance_id: instance, cluster_name: cluster, service_name: name, nodegroup_name: group } = service;
  return instance ?? `${cluster}/${name ?? group}`;
}

export function nameOf(service: WireService): string {
  return service.name ?? idOf(service);
}
