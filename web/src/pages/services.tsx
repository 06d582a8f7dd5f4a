/** Everything found in the account, and what may nap of it. */
import {
  Alert,
  Button,
  Group,
  Paper,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireService } from '../../../src/control/wire.js';
import { useRead } from '../daemon.js';
import { ServiceRow } from '../parts/service-row.js';
import { Trouble } from '../parts/trouble.js';

const KINDS = ['all', 'EC2', 'ECS', 'EKS'] as const;
type KindShown = (typeof KINDS)[number];

export function Services(): ReactNode {
  const { t } = useTranslation();
  const [words, setWords] = useState('');
  const [kind, setKind] = useState<KindShown>('all');
  // It asks AWS about every region: once when the page is opened, and whenever somebody asks.
  const found = useRead('list', {}, { refreshMs: false });
  const registered = useRead('registered', {});
  const names = new Map(registered.data?.services.map((service) => [service.target, service]));
  const services = found.data?.services
    .map((service) => ({ ...service, ...names.get(service.target), refusal: service.refusal }))
    .filter((service) => kind === 'all' || service.service_type === kind)
    .filter((service) => isMeant(service, words));
  const regions = services && Map.groupBy(services, ({ region }) => region);
  return (
    <Stack gap="lg" maw={960}>
      <Stack gap={4}>
        <Title order={1} size="h2">
          {t('nav.services')}
        </Title>
        <Text c="dimmed">{t('services.intro')}</Text>
      </Stack>
      <Group>
        <TextInput
          flex="1 1 220px"
          type="search"
          aria-label={t('services.search')}
          placeholder={t('services.search')}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={t('services.kind')}
          value={kind}
          data={KINDS.map((value) => ({ value, label: value === 'all' ? t('services.all') : value }))}
          onChange={(value) => setKind(value as KindShown)}
        />
        <Button variant="default" loading={found.isFetching} onClick={() => void found.refetch()}>
          {t('services.refresh')}
        </Button>
      </Group>
      {found.isError && <Trouble error={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.failures.map(({ region, service_type: type, message }) => (
        <Alert color="orange" variant="light" key={`${type} ${region}`} title={`${type} · ${region}`}>
          {message}
        </Alert>
      ))}
      {!found.data && !found.isError && <Skeleton height={320} aria-label={t('loading')} />}
      {services?.length === 0 && (
        <Text c="dimmed">
          {t(found.data?.services.length === 0 ? 'services.empty' : 'services.none_fit')}
        </Text>
      )}
      {regions &&
        [...regions].map(([region, inRegion]) => (
          <section key={region} aria-labelledby={`region-${region}`}>
            <Title order={2} size="h5" mb="xs" id={`region-${region}`}>
              {region}
            </Title>
            <Paper withBorder component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {inRegion.map((service, i) => (
                <ServiceRow key={service.target} service={service} isFirst={i === 0} />
              ))}
            </Paper>
          </section>
        ))}
    </Stack>
  );
}

/** Whether every word typed is somewhere in the service's names. */
function isMeant(service: WireService, words: string): boolean {
  const text = [service.target, service.name, service.description, service.state].join(' ').toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
