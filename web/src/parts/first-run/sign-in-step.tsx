/** The first step: who Cloudnap is to AWS. */
import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useRead } from '../../daemon.js';
import { SignInWays, WhoIsIn } from '../sign-in-ways.js';
import { Trouble } from '../trouble.js';

export function SignInStep(props: { onDone: () => void }): ReactNode {
  const { t } = useTranslation();
  const state = useRead('signInState', {}, { refreshMs: false });
  const account = useRead('account', {});
  if (state.isError && !state.data)
    return <Trouble error={state.error} onRetry={() => void state.refetch()} />;
  if (!state.data) return <Skeleton height={240} aria-label={t('loading')} />;
  const identity = state.data.identity ?? account.data?.identity ?? null;
  return (
    <Stack gap="lg">
      <WhoIsIn state={state.data} identity={identity} />
      {identity ? (
        <Group justify="flex-end">
          <Button onClick={props.onDone}>{t('first_run.next')}</Button>
        </Group>
      ) : (
        <>
          <SignInWays state={state.data} headingOrder={2} />
          <Text size="sm" c="dimmed">
            {t('first_run.sign_in_safe')}
          </Text>
        </>
      )}
    </Stack>
  );
}
