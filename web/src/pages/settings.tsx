/** Every key of settings.json: what it means, what it is, and how to change it. */
import { Alert, Badge, Group, Paper, Skeleton, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { Fragment, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireSetting } from '../../../src/control/wire-desk.js';
import { Refusal } from '../api.js';
import { useChange, useRead } from '../daemon.js';
import { DeadMan } from '../parts/dead-man.js';
import { Trouble } from '../parts/trouble.js';

export function Settings(): ReactNode {
  const { t } = useTranslation();
  const read = useRead('settings', {}, { refreshMs: false });
  if (read.isError) return <Trouble error={read.error} onRetry={() => void read.refetch()} />;
  if (!read.data) return <Skeleton height={400} aria-label={t('loading')} />;
  const { settings, faults, unknown_keys: unknown } = read.data;
  const groups = Map.groupBy(settings, ({ key }) => key.split('.')[0] ?? key);
  return (
    <Stack gap="lg" maw={760}>
      <Stack gap={4}>
        <Title order={1} size="h2">
          {t('nav.settings')}
        </Title>
        <Text c="dimmed">{t('settings.intro')}</Text>
      </Stack>
      {faults.length > 0 && (
        <Alert color="red" variant="light" role="alert" title={t('settings.broken')}>
          {faults.map((fault) => (
            <Text size="sm" key={fault}>
              {fault}
            </Text>
          ))}
        </Alert>
      )}
      {unknown.length > 0 && (
        <Alert color="yellow" variant="light">
          {t('settings.unknown', { keys: unknown.join(', ') })}
        </Alert>
      )}
      {[...groups].map(([group, keys]) => (
        <Fragment key={group}>
          <Paper withBorder component="section" aria-labelledby={`group-${group}`}>
            <Title order={2} size="h5" p="md" id={`group-${group}`}>
              {t(`settings.group.${group}`, { defaultValue: group })}
            </Title>
            {keys.map((setting) => (
              // Anew when the file says something else: what was being typed gives way to it.
              <Setting
                key={`${setting.key} ${JSON.stringify(setting.value)}`}
                setting={setting}
                isBroken={faults.length > 0}
              />
            ))}
          </Paper>
          {group === 'leases' && <DeadMan />}
        </Fragment>
      ))}
    </Stack>
  );
}

function Setting(props: { setting: WireSetting; isBroken: boolean }): ReactNode {
  const { t } = useTranslation();
  const { setting } = props;
  const { key, value, meaning, by_hand: byHand } = setting;
  const change = useChange('changeSetting');
  const isFixed = byHand !== null || props.isBroken;
  const isChanged = JSON.stringify(value) !== JSON.stringify(setting.default);
  return (
    <Group
      justify="space-between"
      align="flex-start"
      p="md"
      gap="lg"
      style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
    >
      <Stack gap={2} flex="1 1 260px">
        <Group gap={8}>
          <Text size="sm" fw={600} id={key} style={{ overflowWrap: 'anywhere' }}>
            {key.split('.').slice(1).join('.')}
          </Text>
          {isChanged && (
            <Badge size="xs" variant="light" tt="none">
              {t('settings.changed')}
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed" id={`${key} meaning`}>
          {meaning}
        </Text>
        <Text size="xs" c="dimmed">
          {t('settings.default', { value: shown(setting.default) })}
          {setting.unit ? ` ${setting.unit}` : ''}
          {setting.source === 'environment' ? ` · ${t('settings.environment')}` : ''}
        </Text>
        {byHand !== null && <Text size="xs">{t('settings.by_hand', { key, why: byHand })}</Text>}
      </Stack>
      {typeof setting.default === 'boolean' ? (
        <Switch
          aria-labelledby={key}
          aria-describedby={`${key} meaning`}
          checked={value === true}
          disabled={isFixed || change.isPending}
          onChange={(event) => change.mutate({ key, value: event.currentTarget.checked })}
        />
      ) : (
        <Typed setting={setting} isFixed={isFixed} change={change} />
      )}
      {change.isError && typeof setting.default === 'boolean' && <Trouble error={change.error} />}
    </Group>
  );
}

/** A value that is typed; it is set when Enter is pressed or the field is left, and judged by the daemon. */
function Typed(props: {
  setting: WireSetting;
  isFixed: boolean;
  change: ReturnType<typeof useChange<'changeSetting'>>;
}): ReactNode {
  const { setting, isFixed, change } = props;
  const { key } = setting;
  const [text, setText] = useState(shown(setting.value));
  const set = () => {
    if (text !== shown(setting.value)) change.mutate({ key, value: typed(text) });
  };
  return (
    <TextInput
      w={220}
      aria-labelledby={key}
      aria-describedby={`${key} meaning`}
      value={text}
      disabled={isFixed}
      rightSection={
        setting.unit === 'minutes' || setting.unit === 'seconds' ? <Unit unit={setting.unit} /> : null
      }
      rightSectionWidth={72}
      error={change.isError ? errorText(change.error) : undefined}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={set}
      onKeyDown={(event) => {
        if (event.key === 'Enter') set();
        if (event.key === 'Escape') setText(shown(setting.value));
      }}
    />
  );
}

function Unit(props: { unit: 'minutes' | 'seconds' }): ReactNode {
  const { t } = useTranslation();
  return (
    <Text size="xs" c="dimmed">
      {t(`settings.unit.${props.unit}`)}
    </Text>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** As typed; the daemon reads numbers and lists out of text. Nothing typed is no value. */
function typed(text: string): unknown {
  return text.trim() === '' ? null : text.trim();
}

function errorText(error: Error): string {
  return error instanceof Refusal && error.hint ? `${error.message} ${error.hint}` : error.message;
}
