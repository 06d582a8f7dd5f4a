/** Everything found in the account by region and kind, and what may nap of it. */
import { Alert, Anchor, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { WireList } from '../../../src/control/wire.js';
import { Refusal } from '../api.js';
import { useRead } from '../daemon.js';
import { ServiceFilters } from '../parts/service-filters.js';
import { ServiceRow } from '../parts/service-row.js';
import { Hint, Trouble } from '../parts/trouble.js';
import { isMeant, NO_WISH, type Shown } from '../services-filter.js';

/** While something starts or stops the account is read so often; else only when somebody asks. */
const CHANGING_MS = 5_000;

export function Services(): ReactNode {
  const { t } = useTranslation();
  const [wish, setWish] = useState(NO_WISH);
  const found = useRead('list', {}, { refreshMs: (list) => (isChanging(list) ? CHANGING_MS : false) });
  const registered = useRead('registered', {});
  const known = new Map(registered.data?.services.map((service) => [service.target, service]));
  const all = found.data?.services.map((service) => ({
    ...service,
    ...known.get(service.target),
    registered: known.has(service.target),
    refusal: service.refusal,
  }));
  const shown = all?.filter((service) => isMeant(service, wish));
  return (
    <Stack gap="lg" maw={960}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} flex="1 1 300px">
          <Title order={1} size="h2">
            {t('nav.services')}
          </Title>
          <Text c="dimmed">{t('services.intro')}</Text>
        </Stack>
        <Button variant="default" loading={found.isFetching} onClick={() => void found.refetch()}>
          {t('services.refresh')}
        </Button>
      </Group>
      {all && all.length > 0 && <ServiceFilters wish={wish} onWish={setWish} regions={regionsOf(all)} />}
      {found.isError && <ListTrouble error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && <Unread failures={found.data.failures} />}
      {!found.data && !found.isError && <Loading />}
      {shown && all && all.length > 0 && (
        <Text size="sm" c="dimmed" role="status">
          {t('services.count', {
            count: shown.length,
            napping: shown.filter((service) => service.registered).length,
          })}
        </Text>
      )}
      {all?.length === 0 && (
        <Paper withBorder p="xl">
          <Text fw={600}>{t('services.empty')}</Text>
          <Text c="dimmed">
            {t('services.empty_body')}{' '}
            <Anchor component={Link} href="/settings" underline="always">
              {t('nav.settings')}
            </Anchor>
          </Text>
        </Paper>
      )}
      {all && all.length > 0 && shown?.length === 0 && (
        <Paper withBorder p="xl">
          <Text fw={600}>{t('services.none_fit')}</Text>
          <Button mt="sm" size="xs" variant="default" onClick={() => setWish(NO_WISH)}>
            {t('services.show_all')}
          </Button>
        </Paper>
      )}
      {shown &&
        [...Map.groupBy(shown, ({ region }) => region)].map(([region, services]) => (
          <Region key={region} region={region} services={services} among={all ?? []} />
        ))}
    </Stack>
  );
}

/** One region's services, kind by kind. */
function Region(props: { region: string; services: readonly Shown[]; among: readonly Shown[] }): ReactNode {
  const { t } = useTranslation();
  const kinds = Map.groupBy(props.services, ({ service_type }) => service_type);
  return (
    <section aria-labelledby={`region-${props.region}`}>
      <Title order={2} size="h4" mb="xs" id={`region-${props.region}`}>
        {props.region}
      </Title>
      <Paper withBorder>
        {[...kinds].map(([kind, services]) => (
          <div key={kind} className="kind">
            <Title order={3} size="xs" c="dimmed" px="md" pt="sm" fw={600}>
              {t(`services.kinds.${kind}`)}
            </Title>
            <ul className="rows">
              {services.map((service) => (
                <ServiceRow key={service.target} service={service} among={props.among} />
              ))}
            </ul>
          </div>
        ))}
      </Paper>
    </section>
  );
}

/** Nobody signed in is no failure to be tried again: it has a page of its own. */
function ListTrouble(props: { error: unknown; onRetry: () => void }): ReactNode {
  const { t } = useTranslation();
  const { error, onRetry } = props;
  if (!(error instanceof Refusal && error.code === 'NOT_SIGNED_IN'))
    return <Trouble error={error} onRetry={onRetry} />;
  return (
    <Paper withBorder p="xl">
      <Stack gap="xs" align="flex-start">
        <Text fw={600}>{t('services.nobody')}</Text>
        <Text c="dimmed">{error.message}</Text>
        <Button component={Link} href="/sign-in">
          {t('sign_in.title')}
        </Button>
      </Stack>
    </Paper>
  );
}

/** The regions that could not be read, each once with its kinds, its reason and its cure. */
function Unread(props: { failures: WireList['failures'] }): ReactNode {
  const { t } = useTranslation();
  const alike = Map.groupBy(props.failures, ({ region, message }) => `${region} ${message}`);
  return [...alike].map(([key, failures]) => {
    const [first] = failures;
    if (!first) return null;
    const kinds = failures.map(({ service_type }) => service_type).join(', ');
    return (
      <Alert
        color="orange"
        variant="light"
        key={key}
        title={t('services.unread', { region: first.region, kinds })}
      >
        <Text size="sm">{first.message}</Text>
        {first.hint && (
          <Text size="sm">
            <Hint text={first.hint} />
          </Text>
        )}
      </Alert>
    );
  });
}

function Loading(): ReactNode {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" aria-label={t('loading')} role="status">
      <Text c="dimmed">{t('services.loading')}</Text>
      {['a', 'b', 'c', 'd'].map((key) => (
        <Skeleton key={key} height={62} />
      ))}
    </Stack>
  );
}

function isChanging(list: WireList | undefined): boolean {
  return list?.services.some(({ power }) => power === 'starting' || power === 'stopping') ?? false;
}

function regionsOf(services: readonly Shown[]): readonly string[] {
  return [...new Set(services.map(({ region }) => region))].sort();
}
