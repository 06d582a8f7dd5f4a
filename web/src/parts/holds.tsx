/** The holds that stand, each with a way to end it. */
import { Button, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireLease, WireRegistered } from '../../../src/control/wire.js';
import { useNow } from '../now.js';
import { nameOf } from '../services-filter.js';
import { clockTime } from '../times.js';
import { askerText } from './state.js';

export function Holds(props: {
  services: readonly WireRegistered[];
  onEnd: (id: number) => void;
}): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const holds = holdsOf(props.services);
  if (holds.length === 0) return null;
  return (
    <Stack
      gap={4}
      m={0}
      mt="md"
      component="ul"
      p={0}
      style={{ listStyle: 'none' }}
      aria-label={t('awake.holds')}
    >
      {holds.map(({ id, by, until, names }) => {
        const what =
          names.length > 1 && names.length === props.services.length
            ? t('awake.everything')
            : names.join(', ');
        return (
          <Group component="li" key={id} gap="xs">
            <Text size="sm" className="number" style={{ overflowWrap: 'anywhere' }}>
              {t('awake.held', {
                what,
                when: until === null ? '' : clockTime(until, now, i18n.language),
                by: askerText(t, by),
              })}
            </Text>
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={t('awake.end_named', { what })}
              onClick={() => props.onEnd(id)}
            >
              {t('awake.end')}
            </Button>
          </Group>
        );
      })}
    </Stack>
  );
}

interface Held {
  readonly id: number;
  readonly by: string;
  readonly until: WireLease['until'];
  readonly names: readonly string[];
}

/** Each hold once, with the services it keeps. */
function holdsOf(services: readonly WireRegistered[]): readonly Held[] {
  const holds = new Map<number, Held>();
  for (const service of services)
    for (const { hold, until } of service.leases)
      if (hold)
        holds.set(hold.id, {
          ...hold,
          until,
          names: [...(holds.get(hold.id)?.names ?? []), nameOf(service)],
        });
  return [...holds.values()];
}
