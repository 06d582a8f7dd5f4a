/** The last step: what to know from here on. */
import { Button, Code, Group, List, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export function AllSet(props: { onDone: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Stack gap="lg">
      <List spacing="xs">
        <List.Item>{t('first_run.done_warns')}</List.Item>
        <List.Item>{t('first_run.done_keep')}</List.Item>
        <List.Item>
          {t('first_run.done_autostart')} <Code>cloudnap autostart enable</Code>
        </List.Item>
      </List>
      <Group justify="flex-end">
        <Button onClick={props.onDone}>{t('first_run.finish')}</Button>
      </Group>
    </Stack>
  );
}
