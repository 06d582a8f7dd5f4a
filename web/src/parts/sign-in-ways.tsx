/** Who is signed in to AWS, and the ways to sign in: saved keys, a profile of the AWS config, entered keys. */
import { Badge, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WireSignIn } from '../../../src/control/wire-desk.js';
import { useChange, useRead } from '../daemon.js';
import { KeysForm, UnlockForm } from './keys-form.js';
import { Hint, Trouble } from './trouble.js';

export function WhoIsIn(props: { state: WireSignIn; identity: WireSignIn['identity'] }): ReactNode {
  const { t } = useTranslation();
  const { state, identity } = props;
  const { changeable, source, problem } = state;
  return (
    <Paper withBorder p="lg" role="group" aria-label={t('sign_in.who')}>
      {identity ? (
        <Stack gap={4}>
          <Text fw={600} className="number">
            {identity.account}
          </Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {identity.arn}
          </Text>
          <Text size="sm">{sourceText(t, state)}</Text>
        </Stack>
      ) : (
        <Stack gap={4}>
          <Text>{t('sign_in.nobody')}</Text>
          {problem && (
            <Text size="sm">
              {problem.message} {problem.hint && <Hint text={problem.hint} />}
            </Text>
          )}
        </Stack>
      )}
      {changeable && (source?.kind === 'keys' || source?.kind === 'saved') && <SignOut />}
      {!changeable && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('sign_in.given')}
        </Text>
      )}
    </Paper>
  );
}

export function SignInWays(props: { state: WireSignIn; headingOrder: 2 | 3 }): ReactNode {
  const { state, headingOrder } = props;
  const { changeable, source } = state;
  if (!changeable) return null;
  return (
    <>
      {source?.kind === 'saved' && <UnlockForm place={source.keptIn} />}
      <Profiles current={source?.kind === 'profile' ? source.name : undefined} headingOrder={headingOrder} />
      <KeysForm places={state.places} headingOrder={headingOrder} />
    </>
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
      {signOut.isError && <Trouble error={signOut.error} title={t('failed_change')} />}
    </>
  );
}

function Profiles(props: { current: string | undefined; headingOrder: 2 | 3 }): ReactNode {
  const { t } = useTranslation();
  const read = useRead('profiles', {}, { refreshMs: false });
  const choose = useChange('signInWithProfile');
  const profiles = read.data?.profiles ?? [];
  if (profiles.length === 0) return null;
  const chosen = profiles.find(({ name }) => name === choose.variables?.profile);
  return (
    <section aria-labelledby="profiles">
      <Title order={props.headingOrder} size="h4" mb="sm" id="profiles">
        {t('sign_in.profiles')}
      </Title>
      <Paper withBorder component="ul" m={0} p={0} className="rows">
        {profiles.map(({ name, kind, region }) => (
          <Group component="li" key={name} p="md" justify="space-between">
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
          <Trouble error={choose.error} title={t('sign_in.refused')} />
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
