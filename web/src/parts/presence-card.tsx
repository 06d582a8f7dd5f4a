/** Presence as one calm statement, with what comes next. */
import { Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WirePlan, WireStatus } from '../../../src/control/wire.js';
import { useNow } from '../now.js';
import { clockTime, countdown, relative } from '../times.js';

/** Under this the countdown is shown in seconds. */
const SOON_MS = 5 * 60_000;

export function PresenceCard(props: {
  status: WireStatus | undefined;
  plan: readonly WirePlan[] | undefined;
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { status } = props;
  if (!status) return <Skeleton height={148} aria-label={t('loading')} />;
  const { presence, next_nap_at: nextAt, since } = status;
  const isSoon = nextAt !== null && Date.parse(nextAt) - now < SOON_MS;
  const seenAt = new Date(now - status.idle_seconds * 1_000).toISOString();
  return (
    <Paper withBorder p={{ base: 'lg', sm: 'xl' }} component="section" aria-labelledby="presence">
      <Stack gap={6}>
        <Title order={1} id="presence" fz={{ base: 28, sm: 34 }} fw={650}>
          {t(`presence.${presence}`)}
        </Title>
        <Text size="lg">
          {nextAt === null
            ? t(`presence.${presence}_none`)
            : t(`presence.${presence}_next`, { when: whenOf(nextAt, now, i18n.language) })}
        </Text>
        {isSoon && (
          <Text fz={40} fw={600} lh={1.1} className="number" role="timer" aria-live="off">
            {countdown(nextAt, now)}
          </Text>
        )}
        <Text c="dimmed" size="sm">
          {since !== null && t('presence.since', { when: clockTime(since, now, i18n.language) })}
          {' · '}
          {t('presence.last', { when: relative(seenAt, now, i18n.language) })}
        </Text>
      </Stack>
    </Paper>
  );
}

/** `at 14:35, in 12 minutes`, as far as the language says it so. */
function whenOf(at: string, now: number, language: string): string {
  return `${clockTime(at, now, language)} (${relative(at, now, language)})`;
}
