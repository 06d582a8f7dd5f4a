/** What has happened, the newest first, as it happens. */
import { Group, Paper, SegmentedControl, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireEvent } from '../../../src/control/wire.js';
import { useRead } from '../daemon.js';
import { useNow } from '../now.js';
import { Trouble } from '../parts/trouble.js';
import { momentText } from '../times.js';

const LEVELS = ['info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
const COLORS = { info: 'gray', warn: 'orange', error: 'red' } as const;
const SHOWN = 500;

export function Log(): ReactNode {
  const { t } = useTranslation();
  const [least, setLeast] = useState<Level>('info');
  const read = useRead('history', { limit: SHOWN }, { refreshMs: false });
  if (read.isError) return <Trouble error={read.error} onRetry={() => void read.refetch()} />;
  const wanted = LEVELS.slice(LEVELS.indexOf(least));
  const events = read.data?.events.filter(({ level }) => wanted.includes(level));
  return (
    <Stack gap="lg" maw={960}>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {t('nav.log')}
        </Title>
        <SegmentedControl
          aria-label={t('log.level')}
          size="xs"
          value={least}
          data={LEVELS.map((level) => ({ value: level, label: t(`log.${level}`) }))}
          onChange={(level) => setLeast(level as Level)}
        />
      </Group>
      {!events && <Skeleton height={400} aria-label={t('loading')} />}
      {events?.length === 0 && <Text c="dimmed">{t('log.none')}</Text>}
      {events && events.length > 0 && (
        <Paper withBorder component="ol" m={0} p={0} style={{ listStyle: 'none' }} aria-live="off">
          {events.map((event, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: events have no name of their own, and lines hold no state
            <Line key={i} event={event} isFirst={i === 0} />
          ))}
        </Paper>
      )}
    </Stack>
  );
}

function Line(props: { event: WireEvent; isFirst: boolean }): ReactNode {
  const { i18n, t } = useTranslation();
  const now = useNow();
  const { event, isFirst } = props;
  return (
    <Group
      component="li"
      wrap="nowrap"
      align="baseline"
      gap="sm"
      px="md"
      py={8}
      style={isFirst ? {} : { borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <span
        className="dot"
        role="img"
        aria-label={t(`log.${event.level}`)}
        style={{ '--dot': `var(--mantine-color-${COLORS[event.level]}-6)` } as object}
      />
      <Text size="xs" c="dimmed" className="number" style={{ flex: 'none' }}>
        {event.at === null ? '' : momentText(event.at, now, i18n.language)}
      </Text>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {event.message}
      </Text>
    </Group>
  );
}
