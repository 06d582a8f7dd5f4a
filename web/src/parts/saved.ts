/** What a snapshot holds, in words: what the service is put back to. Pure. */
import type { TFunction } from 'i18next';
import type { WireSnapshot } from '../../../src/control/wire.js';

export function savedText(t: TFunction, saved: WireSnapshot['saved']): string {
  switch (saved.kind) {
    case 'ec2':
      return t('saved.ec2');
    case 'ecs': {
      const tasks = t('saved.ecs', { count: saved.desired });
      if (!saved.scalable) return tasks;
      const { min, max, suspended } = saved.scalable;
      const isPaused = suspended.scaleIn || suspended.scaleOut || suspended.scheduled;
      const bounds = t('saved.between', { min, max });
      return [tasks, bounds, ...(isPaused ? [t('saved.suspended')] : [])].join(', ');
    }
    case 'eks': {
      const { desired, min, max } = saved;
      return [t('saved.eks', { count: desired }), t('saved.between', { min, max })].join(', ');
    }
  }
}
