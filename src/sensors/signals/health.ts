/** How the mechanisms behind a signal do, put together as the signal's health. Pure. */
import type { Beside, PassedOver, SensorHealth } from '../../core/sensor.js';

/** Why a mechanism does not work; undefined when it does. */
export type Trouble = Omit<PassedOver, 'mechanism'> | undefined;

export interface Mechanism {
  readonly name: string;
  readonly trouble: Trouble;
}

/** Where any of several mechanisms is enough: the first that works is named, all the others are beside it. */
export function anyOf(mechanisms: readonly Mechanism[]): SensorHealth {
  const chosen = mechanisms.find(({ trouble }) => !trouble);
  if (!chosen) {
    const passedOver = mechanisms.flatMap(({ name, trouble }) =>
      trouble ? [{ mechanism: name, ...trouble }] : [],
    );
    return {
      state: 'unavailable',
      reason: passedOver.map(({ mechanism, reason }) => `${mechanism}: ${reason}`).join('; '),
      cure: [...new Set(passedOver.map(({ cure }) => cure))].join('; or '),
      passedOver,
    };
  }
  return withBeside(
    chosen.name,
    mechanisms.filter((mechanism) => mechanism !== chosen),
  );
}

/** Where one mechanism is what it takes, and another only adds to it. */
export function oneWith({ name, trouble }: Mechanism, more: readonly Mechanism[]): SensorHealth {
  return trouble ? { state: 'unavailable', ...trouble } : withBeside(name, more);
}

function withBeside(mechanism: string, others: readonly Mechanism[]): SensorHealth {
  const beside = others.map(
    ({ name, trouble }): Beside =>
      trouble
        ? { state: 'unavailable', mechanism: name, ...trouble }
        : { state: 'watching', mechanism: name },
  );
  return { state: 'watching', mechanism, ...(beside.length > 0 ? { beside } : {}) };
}
