/** The dead-man's switch: whether AWS stops what runs when this computer is gone, and how to have it do so. */
import { Badge, Button, Group, List, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireDeadMan, WireSwitch, WireSwitchRegion } from '../../../src/control/wire-leases.js';
import { Refusal } from '../api.js';
import { useChange, useRead } from '../daemon.js';
import { useNow } from '../now.js';
import { clockTime } from '../times.js';
import { Dialog } from './dialog.js';
import { useSay } from './said.js';
import { Hint, Trouble } from './trouble.js';

/** Each reading asks AWS in every region: often only while something is about to change. */
const REFRESH_MS = 60_000;
const REFRESH_WHILE_ARMING_MS = 5_000;

export function DeadMan(): ReactNode {
  const { t } = useTranslation();
  const read = useRead('deadMan', {}, { refreshMs: (data) => refreshMs(data) });
  const { data } = read;
  return (
    <Paper withBorder component="section" p="md" aria-labelledby="dead-man">
      <Stack gap="md">
        <Group justify="space-between">
          <Group gap="sm">
            <Title order={2} size="h5" id="dead-man">
              {t('dead_man.title')}
            </Title>
            {data && (
              <Badge size="sm" tt="none" variant="dot" color={data.enabled ? 'teal' : 'gray'}>
                {t(data.enabled ? 'dead_man.on' : 'dead_man.off')}
              </Badge>
            )}
          </Group>
          {data && <Choice state={data} />}
        </Group>
        <Text size="sm" c="dimmed">
          {t('dead_man.intro')}
        </Text>
        {!data && !read.isError && <Skeleton height={80} aria-label={t('loading')} />}
        {!data && read.isError && <Unread error={read.error} />}
        {data && <Regions state={data} />}
        {data?.enabled && <Switches targets={data.targets} />}
      </Stack>
    </Paper>
  );
}

/** Not being signed in is no fault of this page: it is said, not shouted. */
function Unread(props: { error: Error }): ReactNode {
  const { error } = props;
  return (
    <Text size="sm">
      {error.message}. {error instanceof Refusal && error.hint ? <Hint text={error.hint} /> : null}
    </Text>
  );
}

/** Turning it on and off, each after a question that says what becomes of the account. */
function Choice(props: { state: WireDeadMan }): ReactNode {
  const { t } = useTranslation();
  const say = useSay();
  const [asked, setAsked] = useState<'enable' | 'disable'>();
  const enable = useChange('deadManEnable');
  const disable = useChange('deadManDisable');
  const { enabled, grace_minutes: minutes, regions, targets } = props.state;
  const isWanting = enabled && targets.some(({ lacks }) => lacks !== null);
  // What was left behind by a removal that failed can be removed again.
  const canDisable = enabled || regions.some(({ installed }) => installed);
  const change = asked === 'disable' ? disable : enable;
  const ask = (what: 'enable' | 'disable') => {
    enable.reset();
    disable.reset();
    setAsked(what);
  };
  const go = () =>
    change.mutate(
      {},
      {
        onSuccess: () => {
          setAsked(undefined);
          say({ text: t(`dead_man.${asked}_said`) });
        },
      },
    );
  return (
    <Group gap="xs">
      {(!enabled || isWanting) && (
        <Button size="xs" loading={enable.isPending} onClick={() => ask('enable')}>
          {t(enabled ? 'dead_man.again' : 'dead_man.enable')}
        </Button>
      )}
      {canDisable && (
        <Button size="xs" variant="default" loading={disable.isPending} onClick={() => ask('disable')}>
          {t('dead_man.disable')}
        </Button>
      )}
      <Dialog
        isOpen={asked === 'enable'}
        onClose={() => setAsked(undefined)}
        title={t('dead_man.enable_ask')}
        size="lg"
      >
        <Stack>
          <Text size="sm">{t('dead_man.enable_body')}</Text>
          <List size="sm" spacing="xs">
            <List.Item>{t('dead_man.enable_group')}</List.Item>
            <List.Item>{t('dead_man.enable_role')}</List.Item>
          </List>
          <Text size="sm">{t('dead_man.enable_then', { minutes })}</Text>
          <Answer
            change={enable}
            text={t('dead_man.enable_do')}
            onGo={go}
            onLeave={() => setAsked(undefined)}
          />
        </Stack>
      </Dialog>
      <Dialog
        isOpen={asked === 'disable'}
        onClose={() => setAsked(undefined)}
        title={t('dead_man.disable_ask')}
      >
        <Stack>
          <Text size="sm">{t('dead_man.disable_body')}</Text>
          <Answer
            change={disable}
            text={t('dead_man.disable_do')}
            onGo={go}
            onLeave={() => setAsked(undefined)}
          />
        </Stack>
      </Dialog>
    </Group>
  );
}

function Answer(props: {
  change: { readonly isPending: boolean; readonly error: Error | null };
  text: string;
  onGo: () => void;
  onLeave: () => void;
}): ReactNode {
  const { t } = useTranslation();
  const { change, text, onGo, onLeave } = props;
  return (
    <>
      {change.error && <Trouble error={change.error} title={t('failed_change')} />}
      {change.isPending && (
        <Text size="sm" c="dimmed" role="status">
          {t('dead_man.busy')}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="subtle" onClick={onLeave}>
          {t('services.cancel')}
        </Button>
        <Button data-autofocus loading={change.isPending} onClick={onGo}>
          {text}
        </Button>
      </Group>
    </>
  );
}

/** Where something is registered or installed; other regions have nothing to say. */
function Regions(props: { state: WireDeadMan }): ReactNode {
  const { t } = useTranslation();
  const { regions, targets, enabled } = props.state;
  const used = new Set(targets.map(({ target }) => target.split(':')[1]));
  const shown = regions.filter(
    ({ region, installed, trouble }) => installed || trouble !== null || (enabled && used.has(region)),
  );
  if (shown.length === 0) return null;
  const text = ({ installed, covers, trouble }: WireSwitchRegion) =>
    trouble ?? (installed ? t('dead_man.ready', { count: covers.length }) : t('dead_man.not_installed'));
  return (
    <div>
      <Title order={3} size="h6">
        {t('dead_man.regions')}
      </Title>
      {shown.map((region) => (
        <Text size="sm" key={region.region}>
          <b>{region.region}</b>: {text(region)}
        </Text>
      ))}
    </div>
  );
}

function Switches(props: { targets: WireDeadMan['targets'] }): ReactNode {
  const { t } = useTranslation();
  return (
    <div>
      <Title order={3} size="h6" mb={4}>
        {t('dead_man.services')}
      </Title>
      {props.targets.length === 0 && <Text size="sm">{t('target.none')}</Text>}
      <Stack component="ul" gap={6} m={0} p={0} style={{ listStyle: 'none' }}>
        {props.targets.map((target) => (
          <SwitchLine key={target.target} of={target} />
        ))}
      </Stack>
    </div>
  );
}

function SwitchLine(props: { of: WireSwitch }): ReactNode {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const { armed, lacks, name, stops_at: stopsAt, target } = props.of;
  const when = stopsAt === null ? '' : clockTime(stopsAt, now, i18n.language);
  const key = stopsAt === null ? 'dead_man.idle' : armed ? 'dead_man.armed' : 'dead_man.arming';
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {name ?? target}
        </Text>
        {(lacks === null || stopsAt !== null) && (
          <Text size="sm" className="number">
            {t(key, { when })}
          </Text>
        )}
      </Group>
      {lacks && (
        <Text size="sm">
          {t('dead_man.lacks', { why: lacks.why })} <Hint text={lacks.hint} />
        </Text>
      )}
    </li>
  );
}

function refreshMs(state: WireDeadMan | undefined): number {
  const isArming = state?.targets.some(
    ({ armed, lacks, stops_at }) => lacks !== null || (stops_at !== null && !armed),
  );
  return isArming ? REFRESH_WHILE_ARMING_MS : REFRESH_MS;
}
