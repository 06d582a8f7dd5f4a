/** The banner of a nap that was announced: it stands for as long as the warning does. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WirePlan } from '../../../src/control/wire.js';
import { KEEP_MINUTES, useLeases } from '../leases.js';
import { useNow } from '../now.js';
import { countdown } from '../times.js';
import { Trouble } from './trouble.js';

export function Warning(props: { plan: readonly WirePlan[] }): ReactNode {
  const { t } = useTranslation();
  const now = useNow();
  const leases = useLeases();
  const coming = props.plan.filter(({ action, warned, at }) => action === 'nap' && warned && at !== null);
  const first = coming.map(({ at }) => at ?? '').sort()[0];
  if (first === undefined) return null;
  const names = coming.map(({ name, target }) => name ?? target);
  return (
    <Alert color="yellow" variant="light" role="alert">
      <Group justify="space-between" gap="sm">
        <Stack gap={0} flex="1 1 260px">
          <Text fw={650}>
            {t('warning.title', { count: coming.length })}{' '}
            <span className="number" aria-live="off">
              {countdown(first, now)}
            </span>
          </Text>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {names.slice(0, SHOWN).join(', ')}
            {names.length > SHOWN && ` ${t('warning.more', { count: names.length - SHOWN })}`}
          </Text>
        </Stack>
        <Button size="sm" loading={leases.isBusy} onClick={() => leases.keep(KEEP_MINUTES)}>
          {t('warning.keep')}
        </Button>
      </Group>
      {leases.error && <Trouble error={leases.error} title={t('failed_change')} />}
    </Alert>
  );
}

/** More names than this are counted. */
const SHOWN = 5;
