/** Entering keys, and unlocking saved ones. What is typed stays in the form and goes to the daemon alone. */
import { Button, Group, Paper, PasswordInput, Radio, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SignInWithKeysRequest, WireSignIn } from '../../../src/control/wire-desk.js';
import { useChange } from '../daemon.js';
import { Trouble } from './trouble.js';

type Place = NonNullable<SignInWithKeysRequest['save']>;

export function KeysForm(props: { places: WireSignIn['places']; headingOrder: 2 | 3 }): ReactNode {
  const { t } = useTranslation();
  const { places } = props;
  const signIn = useChange('signInWithKeys');
  const [place, setPlace] = useState<Place>('memory');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const of = (name: string) => String(given.get(name) ?? '').trim();
    signIn.mutate(
      {
        access_key_id: of('id'),
        secret_access_key: of('secret'),
        session_token: of('token') || undefined,
        region: of('region') || undefined,
        save: place,
        passphrase: place === 'file' ? of('passphrase') : undefined,
      },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <section aria-labelledby="keys">
      <Title order={props.headingOrder} size="h4" mb="sm" id="keys">
        {t('sign_in.keys')}
      </Title>
      <Paper withBorder p="lg" component="form" onSubmit={submit} autoComplete="off">
        <Stack>
          <TextInput name="id" label={t('sign_in.id')} required spellCheck={false} autoComplete="off" />
          <PasswordInput
            name="secret"
            label={t('sign_in.secret')}
            required
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show') }}
          />
          <PasswordInput
            name="token"
            label={t('sign_in.token')}
            description={t('sign_in.token_body')}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show') }}
          />
          <TextInput
            name="region"
            label={t('sign_in.region')}
            placeholder="eu-central-1"
            spellCheck={false}
            autoComplete="off"
          />
          <Radio.Group label={t('sign_in.keep')} value={place} onChange={(value) => setPlace(value as Place)}>
            <Stack gap={6} mt={6}>
              <Radio value="memory" label={t('sign_in.keep_memory')} />
              <Radio value="keyring" label={t('sign_in.keep_keyring')} disabled={!places.keyring.available} />
              {!places.keyring.available && (
                <Text size="xs" c="dimmed" pl={28}>
                  {places.keyring.why}. {places.keyring.hint}
                </Text>
              )}
              <Radio value="file" label={t('sign_in.keep_file')} disabled={!places.file.available} />
            </Stack>
          </Radio.Group>
          {place === 'file' && (
            <PasswordInput
              name="passphrase"
              label={t('sign_in.passphrase')}
              required
              minLength={8}
              autoComplete="new-password"
              visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show') }}
            />
          )}
          {signIn.isError && <Trouble error={signIn.error} title={t('sign_in.refused')} />}
          <Group justify="flex-end">
            <Button type="submit" loading={signIn.isPending}>
              {t('sign_in.submit')}
            </Button>
          </Group>
        </Stack>
      </Paper>
    </section>
  );
}

export function UnlockForm(props: { place: 'keyring' | 'file' }): ReactNode {
  const { t } = useTranslation();
  const unlock = useChange('unlock');
  const isFile = props.place === 'file';
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const passphrase = String(new FormData(event.currentTarget).get('passphrase') ?? '');
    unlock.mutate(isFile ? { passphrase } : {});
  };
  return (
    <Paper withBorder p="lg" component="form" onSubmit={submit} aria-label={t('sign_in.unlock')}>
      <Stack>
        <Text>{t(isFile ? 'sign_in.unlock_file' : 'sign_in.unlock_keyring')}</Text>
        {isFile && (
          <PasswordInput
            name="passphrase"
            label={t('sign_in.passphrase')}
            required
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show') }}
          />
        )}
        {unlock.isError && <Trouble error={unlock.error} title={t('sign_in.refused')} />}
        <Group justify="flex-end">
          <Button type="submit" loading={unlock.isPending}>
            {t('sign_in.unlock')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
