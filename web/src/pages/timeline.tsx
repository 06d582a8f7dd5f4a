/** A day or a week: when somebody was here, what each sensor told of it, and when each service ran and napped. */
import {
  ActionIcon,
  Button,
  Group,
  Paper,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireTimeline } from '../../../src/control/wire-desk.js';
import { useRead } from '../daemon.js';
import { useNow } from '../now.js';
import { Patterns } from '../parts/timeline/backdrop.js';
import { Chart } from '../parts/timeline/chart.js';
import { Key } from '../parts/timeline/key.js';
import { TimelineTable } from '../parts/timeline/table.js';
import { useWords } from '../parts/timeline/words.js';
import { Trouble } from '../parts/trouble.js';
import {
  firstDayOf,
  nameOf,
  neighbour,
  type Period,
  periodAround,
  VIEWS,
  type View,
} from '../timeline-period.js';
import { lengthOf, personRows, serviceRows } from '../timeline-rows.js';
import '../timeline.css';

/** A bar grows slowly, and what happens is read at once anyway. */
const REFRESH_MS = 60_000;
/** The activity history goes no further back. */
const KEPT_MS = 90 * 24 * 3_600_000;
const FORMS = ['picture', 'table'] as const;

export function Timeline(): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const firstDay = useMemo(() => firstDayOf(navigator.language), []);
  const [chosen, setChosen] = useState<Period>();
  const [view, setView] = useState<View>('day');
  const [form, setForm] = useState<(typeof FORMS)[number]>('picture');
  // What is shown without a choice is today, also after midnight.
  const today = periodAround(view, now, firstDay);
  const period = chosen ?? today;
  const isNow = now >= period.from && now < period.to;
  const read = useRead(
    'timeline',
    { from: new Date(period.from).toISOString(), to: new Date(period.to).toISOString() },
    { refreshMs: isNow ? REFRESH_MS : false },
  );
  const go = (to: Period) => setChosen(to.to > now ? undefined : to);
  const look = (next: View) => {
    setView(next);
    if (chosen) go(periodAround(next, next === 'day' ? chosen.to - 1 : chosen.from, firstDay));
  };
  return (
    <Stack gap="lg" maw={1280}>
      <Stack gap={4}>
        <Title order={1} size="h2">
          {t('nav.timeline')}
        </Title>
        <Text c="dimmed">{t('timeline.intro')}</Text>
      </Stack>
      <Group justify="space-between" gap="sm">
        <Group gap="xs" wrap="nowrap">
          <Step
            way={-1}
            label={t(`timeline.before_${view}`)}
            isOff={period.from < now - KEPT_MS}
            onStep={() => go(neighbour(period, -1, firstDay))}
          />
          <Step
            way={1}
            label={t(`timeline.after_${view}`)}
            isOff={period.to > now}
            onStep={() => go(neighbour(period, 1, firstDay))}
          />
          <Text fw={600} aria-live="polite" className="number">
            {nameOf(period, now, i18n.language)}
          </Text>
        </Group>
        <Group gap="xs">
          <Button variant="default" size="xs" disabled={isNow} onClick={() => setChosen(undefined)}>
            {t(`timeline.now_${view}`)}
          </Button>
          <SegmentedControl
            size="xs"
            aria-label={t('timeline.view')}
            value={view}
            data={VIEWS.map((value) => ({ value, label: t(`timeline.${value}`) }))}
            onChange={(value) => look(value as View)}
          />
          <SegmentedControl
            size="xs"
            aria-label={t('timeline.form')}
            value={form}
            data={FORMS.map((value) => ({ value, label: t(`timeline.${value}`) }))}
            onChange={(value) => setForm(value as (typeof FORMS)[number])}
          />
        </Group>
      </Group>
      {read.isError && <Trouble error={read.error} onRetry={() => void read.refetch()} />}
      {!read.data && !read.isError && <Skeleton height={420} aria-label={t('loading')} />}
      {read.data && <Told timeline={read.data} period={period} now={now} form={form} />}
    </Stack>
  );
}

function Step(props: { way: -1 | 1; label: string; isOff: boolean; onStep: () => void }): ReactNode {
  const { way, label, isOff, onStep } = props;
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={label}
      title={label}
      disabled={isOff}
      onClick={onStep}
    >
      <svg width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2">
        <path
          d={way === -1 ? 'M10 3 5 8l5 5' : 'm6 3 5 5-5 5'}
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </ActionIcon>
  );
}

/** What is on record of a period, or that nothing is. */
function Told(props: { timeline: WireTimeline; period: Period; now: number; form: string }): ReactNode {
  const { t } = useTranslation();
  const { timeline, period, now, form } = props;
  const person = useMemo(() => personRows(timeline), [timeline]);
  const services = useMemo(() => serviceRows(timeline), [timeline]);
  const words = useWords(period.view);
  if ([...person, ...services].every(({ bars }) => bars.length === 0))
    return (
      <Paper withBorder p="xl">
        <Text fw={600}>{t(`timeline.none_${period.view}`)}</Text>
        <Text c="dimmed">{t('timeline.none_body')}</Text>
      </Paper>
    );
  const kinds = (['present', 'away', 'locked', 'unknown'] as const).filter(
    (kind) => lengthOf(person, kind) > 0,
  );
  const sum = (kind: 'running' | 'napping') => words.length(lengthOf(services, kind));
  return (
    <Stack gap="xl">
      <Text>
        {t('timeline.sum_person', { here: words.length(lengthOf(person, 'present')) })}{' '}
        {services.length > 0 && t('timeline.sum_services', { ran: sum('running'), napped: sum('napping') })}
      </Text>
      {form === 'table' ? (
        <>
          <TimelineTable title={t('timeline.you')} rows={person} view={period.view} />
          {services.length > 0 && (
            <TimelineTable title={t('timeline.services')} rows={services} view={period.view} />
          )}
        </>
      ) : (
        <>
          <Patterns />
          <Paper withBorder p={{ base: 'md', sm: 'lg' }}>
            <Chart title={t('timeline.you')} period={period} rows={person} now={now} />
            <Key kinds={kinds} />
          </Paper>
          {services.length > 0 ? (
            <Paper withBorder p={{ base: 'md', sm: 'lg' }}>
              <Chart title={t('timeline.services')} period={period} rows={services} now={now} />
              <Key kinds={['running', 'napping']} />
            </Paper>
          ) : (
            <Text c="dimmed">{t('timeline.no_services')}</Text>
          )}
        </>
      )}
    </Stack>
  );
}
