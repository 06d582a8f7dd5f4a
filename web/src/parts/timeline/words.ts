/** What a bar says, in the page's language: what it was, from when to when, and for how long. */
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { timeText, type View } from '../../timeline-period.js';
import type { Bar, Row } from '../../timeline-rows.js';

export interface Words {
  row(row: Row): string;
  state(bar: Bar): string;
  at(instant: number): string;
  /** `38 min`, `6 h 12 min`. */
  length(ms: number): string;
  /** `9:02 – 9:40 · 38 min`. */
  when(bar: Bar): string;
  /** All of it, to be read out. */
  aloud(bar: Bar): string;
}

export function useWords(view: View): Words {
  const { t, i18n } = useTranslation();
  const at = (instant: number) => timeText(instant, view, i18n.language);
  const length = (ms: number) => lengthText(ms, t);
  const state = ({ kind }: Bar) => t(`timeline.state.${kind}`);
  return {
    row: ({ of, name }) =>
      of === 'target' ? (name ?? '') : of === 'presence' ? t('timeline.presence') : t(`sensor.${of}`),
    state,
    at,
    length,
    when: (bar) =>
      isMoment(bar) ? at(bar.from) : `${at(bar.from)} – ${at(bar.to)} · ${length(bar.to - bar.from)}`,
    aloud: (bar) =>
      isMoment(bar)
        ? t('timeline.aloud_moment', { state: state(bar), from: at(bar.from) })
        : t('timeline.aloud', {
            state: state(bar),
            from: at(bar.from),
            to: at(bar.to),
            length: length(bar.to - bar.from),
          }),
  };
}

/** Whether it is too short to have a begin and an end worth telling. */
function isMoment({ from, to }: Bar): boolean {
  return to - from < 30_000;
}

function lengthText(ms: number, t: TFunction): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return t('timeline.minutes', { minutes: Math.max(1, minutes) });
  const hours = Math.floor(minutes / 60);
  if (minutes % 60 === 0) return t('timeline.hours', { hours });
  return t('timeline.hours_minutes', { hours, minutes: minutes % 60 });
}
