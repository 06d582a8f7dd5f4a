/** What went wrong, with the cure where there is one. */
import { Alert, Button, Code, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Refusal } from '../api.js';

export function Trouble(props: { error: unknown; title?: string; onRetry?: () => void }): ReactNode {
  const { t } = useTranslation();
  const { error, title = t('failed'), onRetry } = props;
  return (
    <Alert color="red" variant="light" role="alert" title={title}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {error instanceof Error ? error.message : String(error)}
      </Text>
      {error instanceof Refusal && error.hint && (
        <Text size="sm" mt={4} style={{ overflowWrap: 'anywhere' }}>
          <Hint text={error.hint} />
        </Text>
      )}
      {onRetry && (
        <Button variant="default" size="xs" mt="sm" onClick={onRetry}>
          {t('retry')}
        </Button>
      )}
    </Alert>
  );
}

/** A hint with the commands in it (in straight double quotes) set as such. */
export function Hint(props: { text: string }): ReactNode {
  return props.text.split(/"(cloudnap [^"]+)"/).map((part, i) =>
    // The parts stay in their places: every second one is a command.
    // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change while it is shown
    i % 2 === 1 ? <Code key={i}>{part}</Code> : part,
  );
}
