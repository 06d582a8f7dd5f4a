/** Keep awake, nap now, and the banner of a nap that comes. */
import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WirePlan, WireRegistered } from '../../../src/control/wire.js';
import { useChange } from '../daemon.js';
import { useNow } from '../now.js';
import { minutesUntilMorning, relative } from '../times.js';
import { Trouble } from './trouble.js';

/** A nap that is nearer than this is announced. */
const ANNOUNCED_MS = 2 * 60_000;
const KEEP_MINUTES = 30;

export function Controls(props: {
  plan: readonly WirePlan[];
  services: readonly WireRegistered[];
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const hold = useChange('hold');
  const release = useChange('release');
  const nap = useChange('nap');
  const coming = props.plan.filter(
    ({ action, at }) => action === 'nap' && at !== null && Date.parse(at) - now < ANNOUNCED_MS,
  );
  const first = coming.map(({ at }) => at ?? '').sort()[0];
  const restoring = props.services.filter(({ phase }) => phase === 'restoring');
  const failed = [hold, release, nap].find((change) => change.isError);
  return (
    <Stack>
      {first !== undefined && (
        <Alert color="yellow" variant="light" role="alert">
          <Group justify="space-between">
            <Text fw={600}>
              {t('warning.title', { count: coming.length, when: relative(first, now, i18n.language) })}
            </Text>
            <Button
              size="xs"
              variant="filled"
              onClick={() => hold.mutate({ minutes: KEEP_MINUTES })}
              loading={hold.isPending}
            >
              {t('warning.keep')}
            </Button>
          </Group>
        </Alert>
      )}
      {restoring.length > 0 && (
        <Alert color="teal" variant="light" role="status" title={t('welcome.title')}>
          {t('welcome.body', { count: restoring.length })}
        </Alert>
      )}
      <Paper withBorder p="md" component="section" aria-label={t('awake.title')}>
        <Group>
          <Text fw={600}>{t('awake.title')}</Text>
          <Button.Group>
            <Button variant="default" size="xs" onClick={() => hold.mutate({ minutes: 30 })}>
              {t('awake.for_30')}
            </Button>
            <Button variant="default" size="xs" onClick={() => hold.mutate({ minutes: 120 })}>
              {t('awake.for_120')}
            </Button>
            <Button
              variant="default"
              size="xs"
              onClick={() => hold.mutate({ minutes: minutesUntilMorning(new Date()) })}
            >
              {t('awake.tomorrow')}
            </Button>
          </Button.Group>
          <Button variant="subtle" size="xs" onClick={() => release.mutate({})}>
            {t('awake.end')}
          </Button>
          <Button variant="light" size="xs" ml="auto" loading={nap.isPending} onClick={() => nap.mutate({})}>
            {t('nap.now')}
          </Button>
        </Group>
      </Paper>
      {failed && <Trouble error={failed.error} />}
    </Stack>
  );
}
