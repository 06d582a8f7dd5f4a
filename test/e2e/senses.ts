/** What `cloudnap sensors --json` says, as tests ask for it. */
import type { SensorName } from '../../src/core/sensor.js';
import type { Program } from './program.js';

export interface Look {
  readonly state: 'watching' | 'off' | 'unavailable';
  /** RFC 3339; null: nothing yet. */
  readonly last: string | null;
}

interface Answer {
  readonly sensors: readonly {
    readonly sensor: SensorName;
    readonly health: { readonly state: Look['state'] };
    readonly last_activity: string | null;
  }[];
}

/** How each sensor is doing now. */
export async function lookAt(program: Program): Promise<Record<SensorName, Look>> {
  const { sensors } = await program.json<Answer & Record<string, unknown>>('sensors');
  return Object.fromEntries(
    sensors.map(({ sensor, health, last_activity }) => [
      sensor,
      { state: health.state, last: last_activity },
    ]),
  ) as Record<SensorName, Look>;
}

/** When it last saw something, in wall milliseconds; 0 for never. */
export function heard({ last }: Pick<Look, 'last'>): number {
  return last === null ? 0 : Date.parse(last);
}
