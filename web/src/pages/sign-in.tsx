/** Who is signed in to AWS, how to sign in as somebody else, and what the policy allows. */
import { Alert, Badge, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../daemon.js';
import { SignInWays, WhoIsIn } from '../parts/sign-in-ways.js';
import { Trouble } from '../parts/trouble.js';

export function SignIn(): ReactNode {
  const { t } = useTranslation();
  const state = useRead('signInState', {}, { refreshMs: false });
  const account = useRead('account', {}, { refreshMs: false });
  if (state.isError && !state.data)
    return <Trouble error={state.error} onRetry={() => void state.refetch()} />;
  if (!state.data) return <Skeleton height={320} aria-label={t('loading')} />;
  const identity = state.data.identity ?? account.data?.identity ?? null;
  return (
    <Stack gap="lg" maw={640}>
      <Title order={1} size="h2">
        {t(identity ? 'sign_in.signed_in' : 'sign_in.title')}
      </Title>
      <WhoIsIn state={state.data} identity={identity} />
      <SignInWays state={state.data} headingOrder={2} />
      {state.data.changeable && identity && <Permissions key={identity.arn} />}
    </Stack>
  );
}

const ALLOWED_COLOR = { yes: 'teal', no: 'red', unknown: 'gray' } as const;

/** Asked once for whoever is signed in, and again by hand: it asks AWS about each call. */
function Permissions(): ReactNode {
  const { t } = useTranslation();
  const read = useRead('permissions', {}, { refreshMs: false });
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
