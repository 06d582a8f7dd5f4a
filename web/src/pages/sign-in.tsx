/** Who is signed in to AWS, how to sign in as somebody else, and what the policy allows. */
import { Alert, Badge, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireSignIn } from '../../../src/control/wire-desk.js';
import { useChange, useRead } from '../daemon.js';
import { KeysForm, UnlockForm } from '../parts/keys-form.js';
import { Hint, Trouble } from '../parts/trouble.js';

export function SignIn(): ReactNode {
  const { t } = useTranslation();
  const state = useRead('signInState', {}, { refreshMs: false });
  const account = useRead('account', {}, { refreshMs: false });
  if (state.isError) return <Trouble error={state.error} onRetry={() => void state.refetch()} />;
  if (!state.data) return <Skeleton height={320} aria-label={t('loading')} />;
  const { changeable, source } = state.data;
  const identity = state.data.identity ?? account.data?.identity;
  return (
    <Stack gap="lg" maw={640}>
      <Title order={1} size="h2">
        {t(identity ? 'sign_in.signed_in' : 'sign_in.title')}
      </Title>
      <Paper withBorder p="lg" component="section" aria-label={t('sign_in.who')}>
        {identity ? (
          <Stack gap={4}>
            <Text fw={600} className="number">
              {identity.account}
            </Text>
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {identity.arn}
            </Text>
            <Text size="sm">{sourceText(t, state.data)}</Text>
          </Stack>
        ) : (
          <Stack gap={4}>
            <Text>{t('sign_in.nobody')}</Text>
            {state.data.problem && (
              <Text size="sm">
                {state.data.problem.message}{' '}
                {state.data.problem.hint && <Hint text={state.data.problem.hint} />}
              </Text>
            )}
          </Stack>
        )}
        {changeable && (source?.kind === 'keys' || source?.kind === 'saved') && <SignOut />}
      </Paper>
      {!changeable && <Text c="dimmed">{t('sign_in.given')}</Text>}
      {changeable && source?.kind === 'saved' && <UnlockForm place={source.keptIn} />}
      {changeable && <Profiles current={source?.kind === 'profile' ? source.name : undefined} />}
      {changeable && <KeysForm places={state.data.places} />}
      {changeable && identity && <Permissions />}
    </Stack>
  );
}

function sourceText(t: TFunction, { source }: WireSignIn): string {
  if (source === null) return '';
  if (source.kind === 'keys') return t(`sign_in.by_keys_${source.keptIn}`, { key: source.key });
  if (source.kind === 'profile') return t('sign_in.by_profile', { name: source.name });
  return t(source.kind === 'saved' ? 'sign_in.by_saved' : 'sign_in.by_chain');
}

function SignOut(): ReactNode {
  const { t } = useTranslation();
  const signOut = useChange('signOut');
  return (
    <>
      <Button
        mt="md"
        size="xs"
        variant="default"
        loading={signOut.isPending}
        onClick={() => signOut.mutate({})}
      >
        {t('sign_in.sign_out')}
      </Button>
      {signOut.isError && <Trouble error={signOut.error} />}
    </>
  );
}

function Profiles(props: { current: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const read = useRead('profiles', {}, { refreshMs: false });
  const choose = useChange('signInWithProfile');
  const profiles = read.data?.profiles ?? [];
  if (profiles.length === 0) return null;
  const chosen = profiles.find(({ name }) => name === choose.variables?.profile);
  return (
    <section aria-labelledby="profiles">
      <Title order={2} size="h4" mb="sm" id="profiles">
        {t('sign_in.profiles')}
      </Title>
      <Paper withBorder component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {profiles.map(({ name, kind, region }, i) => (
          <Group
            component="li"
            key={name}
            p="md"
            justify="space-between"
            style={i === 0 ? {} : { borderTop: '1px solid var(--mantine-color-default-border)' }}
          >
            <Stack gap={0}>
              <Text fw={600}>{name}</Text>
              <Text size="xs" c="dimmed">
                {t(`sign_in.kind_${kind}`)}
                {region ? ` · ${region}` : ''}
              </Text>
            </Stack>
            {name === props.current ? (
              <Badge variant="dot" tt="none">
                {t('sign_in.in_use')}
              </Badge>
            ) : (
              <Button
                size="xs"
                variant="default"
                aria-label={`${t('sign_in.use')}: ${name}`}
                loading={choose.isPending && chosen?.name === name}
                onClick={() => choose.mutate({ profile: name })}
              >
                {t('sign_in.use')}
              </Button>
            )}
          </Group>
        ))}
      </Paper>
      {choose.isError && (
        <Stack gap="xs" mt="sm">
          <Trouble error={choose.error} />
          {chosen?.renew && (
            <Text size="sm">
              {t('sign_in.renew')} <code>{chosen.renew}</code>
            </Text>
          )}
        </Stack>
      )}
    </section>
  );
}

const ALLOWED_COLOR = { yes: 'teal', no: 'red', unknown: 'gray' } as const;

/** Asked for by hand: it asks AWS about each call. */
function Permissions(): ReactNode {
  const { t } = useTranslation();
  const read = useRead('permissions', {}, { refreshMs: false, enabled: false });
  const lacking = read.data?.permissions.filter(({ allowed }) => allowed !== 'yes').length;
  return (
    <section aria-labelledby="permissions">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4" id="permissions">
          {t('sign_in.permissions')}
        </Title>
        <Button size="xs" variant="default" loading={read.isFetching} onClick={() => void read.refetch()}>
          {t('sign_in.check')}
        </Button>
      </Group>
      {!read.data && !read.isError && <Text c="dimmed">{t('sign_in.permissions_body')}</Text>}
      {read.isError && <Trouble error={read.error} />}
      {lacking === 0 && (
        <Alert color="teal" variant="light">
          {t('sign_in.all_allowed')}
        </Alert>
      )}
      {read.data && (
        <Paper withBorder component="ul" m={0} p="md" style={{ listStyle: 'none' }}>
          {read.data.permissions.map(({ action, purpose, allowed, why }) => (
            <Group component="li" key={action} justify="space-between" py={4} wrap="nowrap">
              <Stack gap={0}>
                <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                  {action}
                </Text>
                <Text size="xs" c="dimmed">
                  {purpose}
                  {why ? `. ${why}` : ''}
                </Text>
              </Stack>
              <Badge variant="dot" tt="none" color={ALLOWED_COLOR[allowed]} style={{ flex: 'none' }}>
                {t(`sign_in.allowed_${allowed}`)}
              </Badge>
            </Group>
          ))}
        </Paper>
      )}
    </section>
  );
}
