/** What is wrong until it is right again, each with its cure. */
import { Alert, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { WireCondition } from '../../../src/control/wire.js';
import { Hint } from './trouble.js';

export function Conditions(props: { conditions: readonly WireCondition[] }): ReactNode {
  if (props.conditions.length === 0) return null;
  return (
    <Stack gap="xs" role="status">
      {props.conditions.map(({ id, message, hint }) => (
        <Alert key={id} color="orange" variant="light">
          <Text size="sm" fw={600}>
            {message}
          </Text>
          {hint && (
            <Text size="sm">
              <Hint text={hint} />
            </Text>
          )}
        </Alert>
      ))}
    </Stack>
  );
}
