/** What napping saved this month, by target, with what the estimate rests on. */
import { Alert, Anchor, Button, Group, Paper, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireSavings, WireTargetSavings } from '../../../src/control/wire-desk.js';
import { useRead } from '../daemon.js';
import { download } from '../download.js';
import { Trouble } from '../parts/trouble.js';

/** Hours grow slowly, and what happens is read at once anyway. */
const REFRESH_MS = 60_000;

export function Savings(): ReactNode {
  const { t } = useTranslation();
  const savings = useRead('savings', {}, { refreshMs: REFRESH_MS });
  const { data } = savings;
  return (
    <Stack gap="lg" maw={960}>
      <Group justify="space-between" align="end">
        <Stack gap={4}>
          <Title order={1} size="h2">
            {t('nav.savings')}
          </Title>
          <Text c="dimmed">{t('savings.intro')}</Text>
        </Stack>
        {data && data.targets.length > 0 && (
          <Button
            variant="default"
            onClick={() => download(`cloudnap-${data.to?.slice(0, 10)}.csv`, data.csv)}
          >
            {t('savings.csv')}
          </Button>
        )}
      </Group>
      {savings.isError && <Trouble error={savings.error} onRetry={() => void savings.refetch()} />}
      {!data && !savings.isError && <Skeleton height={320} aria-label={t('loading')} />}
      {data?.targets.length === 0 && (
        <Paper withBorder p="xl">
          <Text fw={600}>{t('savings.none')}</Text>
          <Text c="dimmed">{t('savings.none_body')}</Text>
        </Paper>
      )}
      {data && data.targets.length > 0 && (
        <>
          <Totals total={data.total} />
          <ByTarget targets={data.targets} />
        </>
      )}
      {data && <Basis savings={data} />}
    </Stack>
  );
}

function Totals(props: { total: WireSavings['total'] }): ReactNode {
  const { t } = useTranslation();
  const { money, hours, percent } = useNumbers();
  const { saved, always_on: alwaysOn, napping_hours: napping } = props.total;
  return (
    <Paper withBorder p="xl">
      <Group gap={48} align="end">
        <Stack gap={0}>
          <Text c="dimmed">{t('savings.saved')}</Text>
          <Text className="number" fz={44} fw={650} lh={1.2}>
            {money(saved)}
          </Text>
          {alwaysOn > 0 && (
            <Text size="sm" c="dimmed" className="number">
              {t('savings.of', { percent: percent(saved / alwaysOn) })}
            </Text>
          )}
        </Stack>
        <Figure name={t('savings.always_on')} value={money(alwaysOn)} />
        <Figure name={t('savings.napped')} value={hours(napping)} />
      </Group>
    </Paper>
  );
}

function Figure(props: { name: string; value: string }): ReactNode {
  return (
    <Stack gap={0}>
      <Text size="sm" c="dimmed">
        {props.name}
      </Text>
      <Text className="number" fz={22}>
        {props.value}
      </Text>
    </Stack>
  );
}

function ByTarget(props: { targets: readonly WireTargetSavings[] }): ReactNode {
  const { t } = useTranslation();
  const { money, hours } = useNumbers();
  const registered = useRead('registered', {});
  const names = new Map(registered.data?.services.map(({ target, name }) => [target, name]));
  return (
    <Table.ScrollContainer
      minWidth={680}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': t('nav.savings') } }}
    >
      <Table className="number" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('savings.service')}</Table.Th>
            <Table.Th ta="right">{t('savings.napped')}</Table.Th>
            <Table.Th ta="right">{t('savings.ran')}</Table.Th>
            <Table.Th ta="right">{t('savings.amount')}</Table.Th>
            <Table.Th ta="right">{t('savings.always_on')}</Table.Th>
            <Table.Th>{t('savings.still_billed')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.targets.map((of) => (
            <Table.Tr key={`${of.account} ${of.target}`}>
              <Table.Th scope="row" fw={400} ta="left">
                <Text fw={600}>{names.get(of.target) ?? of.target}</Text>
                <Text size="xs" c="dimmed">
                  {[names.has(of.target) ? of.target : undefined, of.instance_type]
                    .filter(Boolean)
                    .join(' · ')}
                </Text>
              </Table.Th>
              <Table.Td ta="right">{hours(of.napping_hours)}</Table.Td>
              <Table.Td ta="right">{hours(of.running_hours)}</Table.Td>
              <Table.Td ta="right">{of.saved === null ? t('savings.unknown') : money(of.saved)}</Table.Td>
              <Table.Td ta="right">
                {of.always_on === null ? t('savings.unknown') : money(of.always_on)}
              </Table.Td>
              <Table.Td>{of.still_billed.map((what) => t(`savings.${what}`)).join(', ')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What the numbers rest on, and what is not in them. */
function Basis(props: { savings: WireSavings }): ReactNode {
  const { t, i18n } = useTranslation();
  const { plain } = useNumbers();
  const { prices, total, targets } = props.savings;
  const date = new Intl.DateTimeFormat(i18n.language, { year: 'numeric', month: 'long', timeZone: 'UTC' });
  return (
    <Alert variant="light" color="gray" title={t('savings.estimate')}>
      <Stack gap="xs">
        <Text size="sm">{t('savings.estimate_body', { date: date.format(new Date(prices.as_of)) })}</Text>
        {targets.some(({ price }) => price === 'assumed') && (
          <Text size="sm">{t('savings.assumed', prices.task)}</Text>
        )}
        {total.unpriced_hours > 0 && (
          <Text size="sm">{t('savings.unpriced', { hours: plain(total.unpriced_hours) })}</Text>
        )}
        {targets.some(({ still_billed: still }) => still.length > 0) && (
          <Text size="sm">{t('savings.billed')}</Text>
        )}
        <Text size="sm">
          {t('savings.sources')}:{' '}
          {prices.pages.map((page) => (
            <Anchor
              key={page}
              href={page}
              target="_blank"
              rel="noreferrer"
              underline="always"
              mr="sm"
              inherit
              style={{ overflowWrap: 'anywhere' }}
            >
              {new URL(page).pathname}
            </Anchor>
          ))}
        </Text>
      </Stack>
    </Alert>
  );
}

/** Amounts and hours in the page's language. */
function useNumbers() {
  const { t, i18n } = useTranslation();
  const format = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(i18n.language, options).format;
  const plain = format({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return {
    plain,
    money: format({ style: 'currency', currency: 'USD' }),
    percent: format({ style: 'percent' }),
    hours: (value: number) => t('savings.hours', { hours: plain(value) }),
  };
}
