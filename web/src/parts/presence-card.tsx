/** Presence as one calm statement: what comes next, what keeps it all alive, and what can be done about it. */
import { Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WirePlan, WireRegistered, WireSensor, WireStatus } from '../../../src/control/wire.js';
import { useLeases } from '../leases.js';
import { useNow } from '../now.js';
import { clockTime, countdown, length, relative } from '../times.js';
import { Holds } from './holds.js';
import { KeepButtons } from './keep-awake.js';
import { Trouble } from './trouble.js';

/** Under this the countdown is shown in seconds. */
const SOON_MS = 5 * 60_000;

export function PresenceCard(props: {
  status: WireStatus | undefined;
  plan: readonly WirePlan[];
  services: readonly WireRegistered[];
  sensors: readonly WireSensor[];
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { status, services } = props;
  const leases = useLeases();
  if (!status) return <Skeleton height={236} aria-label={t('loading')} />;
  const { presence, next_nap_at: nextAt } = status;
  const isSoon = nextAt !== null && Date.parse(nextAt) - now < SOON_MS;
  return (
    <Paper withBorder p={{ base: 'lg', sm: 'xl' }} component="section" aria-labelledby="presence">
      <Group justify="space-between" align="flex-start" gap="lg">
        <Stack gap={6} flex="1 1 320px">
          <Title order={1} id="presence" fz={{ base: 28, sm: 36 }} fw={650} lh={1.2}>
            {t(`presence.${presence}`)}
          </Title>
          <Text size="lg">
            {nextAt === null
              ? t(`presence.${presence}_none`)
              : t(`presence.${presence}_next`, { when: clockTime(nextAt, now, i18n.language) })}
          </Text>
        </Stack>
        {nextAt !== null && (
          <div className="countdown">
            <Text
              fz={{ base: 34, sm: 44 }}
              fw={600}
              lh={1.15}
              className="number"
              role="timer"
              aria-live="off"
              aria-label={t('presence.countdown')}
            >
              {isSoon ? countdown(nextAt, now) : length(nextAt, now, i18n.language)}
            </Text>
            <Text size="xs" c="dimmed">
              {t('presence.countdown')}
            </Text>
          </div>
        )}
      </Group>
      <KeptAlive {...props} status={status} />
      {services.length > 0 && (
        <Group mt="lg" gap="sm">
          <Text fw={600} size="sm">
            {t('awake.title')}
          </Text>
          <KeepButtons onKeep={(minutes) => leases.keep(minutes)} />
          <Button variant="light" size="sm" ml={{ base: 0, sm: 'auto' }} onClick={() => leases.napNow()}>
            {t('nap.now')}
          </Button>
        </Group>
      )}
      <Holds services={services} onEnd={leases.end} />
      {leases.error && (
        <Stack mt="md">
          <Trouble error={leases.error} title={t('failed_change')} />
        </Stack>
      )}
    </Paper>
  );
}

/** The person's own lease where it lasts longest, and the last sign of them that it goes back to. */
function KeptAlive(props: {
  status: WireStatus;
  services: readonly WireRegistered[];
  sensors: readonly WireSensor[];
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { status, services, sensors } = props;
  const clock = (at: string) => clockTime(at, now, i18n.language);
  const spoke = [...sensors]
    .filter((sensor) => sensor.last_activity !== null)
    .sort((a, b) => (a.last_activity ?? '').localeCompare(b.last_activity ?? ''))
    .at(-1);
  const until = services
    .flatMap(({ leases }) => leases)
    .flatMap(({ kind, until }) => (kind === 'presence' && until !== null ? [until] : []))
    .sort()
    .at(-1);
  const lines = [
    ...(until === undefined ? [] : [t('keeps.presence', { when: clock(until) })]),
    spoke?.last_activity
      ? t('keeps.sensor', {
          sensor: t(`sensor.${spoke.sensor}`),
          when: relative(spoke.last_activity, now, i18n.language),
        })
      : t('keeps.none'),
    ...(status.since === null ? [] : [t('presence.since', { when: clock(status.since) })]),
  ];
  return (
    <Text c="dimmed" size="sm" mt="sm" className="number">
      {lines.join(' ')}
    </Text>
  );
}
