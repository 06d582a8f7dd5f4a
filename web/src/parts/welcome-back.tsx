/** A return: what is being brought back and how far it is, what waits and why, what failed and its cure. */
import { Group, Paper, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireStatus } from '../../../src/control/wire.js';
import { useNow } from '../now.js';
import { type Known, type Returning, returning, type Stage } from '../restoring.js';
import { nameOf } from '../services-filter.js';
import { Hint } from './trouble.js';

const COLORS: Readonly<Record<Stage, string>> = {
  waiting: 'gray',
  starting: 'yellow',
  back: 'teal',
  left: 'gray',
};

export function WelcomeBack(props: {
  known: Known;
  presence: WireStatus['presence'] | undefined;
}): ReactNode {
  const { t } = useTranslation();
  const now = useNow();
  const rows = returning(props.known, now);
  if (rows.length === 0) return null;
  const done = rows.filter(({ stage }) => stage === 'back').length;
  const over = rows.filter(({ stage }) => stage === 'back' || stage === 'left').length;
  const isOver = over === rows.length;
  const progress = t('welcome.progress', { done, count: rows.length });
  return (
    <Paper withBorder p={{ base: 'md', sm: 'lg' }} component="section" aria-labelledby="welcome">
      <Group justify="space-between">
        <Title order={2} size="h4" id="welcome">
          {t(props.presence === 'present' ? 'welcome.title' : 'welcome.title_away')}
        </Title>
        <Text size="sm" className="number" role="status">
          {isOver && done === rows.length ? t('welcome.done') : progress}
        </Text>
      </Group>
      <Progress.Root size="sm" mt="xs" mb="sm">
        <Progress.Section value={(100 * over) / rows.length} color="teal" aria-label={progress} />
      </Progress.Root>
      <SimpleGrid
        component="ul"
        cols={{ base: 1, sm: 2 }}
        spacing="xl"
        verticalSpacing={6}
        m={0}
        p={0}
        style={{ listStyle: 'none' }}
      >
        {rows.map((row) => (
          <Row key={row.service.target} row={row} />
        ))}
      </SimpleGrid>
    </Paper>
  );
}

function Row(props: { row: Returning }): ReactNode {
  const { t } = useTranslation();
  const { service, stage, note, trouble } = props.row;
  return (
    <Stack component="li" gap={0}>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Group gap="xs" wrap="nowrap" miw={0}>
          <span
            className="dot"
            style={{ '--dot': `var(--mantine-color-${trouble ? 'red' : COLORS[stage]}-6)` } as object}
          />
          <Text size="sm" truncate>
            {nameOf(service)}
          </Text>
        </Group>
        <Text size="sm" c="dimmed" style={{ flex: 'none' }}>
          {t(trouble && stage !== 'back' ? 'welcome.failed' : `welcome.${stage}`)}
        </Text>
      </Group>
      {note && !trouble && (
        <Text size="xs" c="dimmed" pl={18}>
          {note}
        </Text>
      )}
      {trouble && (
        <Text size="xs" pl={18}>
          {trouble.message} {trouble.hint && <Hint text={trouble.hint} />}
        </Text>
      )}
    </Stack>
  );
}
