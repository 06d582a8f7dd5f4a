/** The same as the picture, as a table: for whoever would rather read it, or have it read out. */
import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { View } from '../../timeline-period.js';
import type { Row } from '../../timeline-rows.js';
import { useWords } from './words.js';

const ONE_LINE = { whiteSpace: 'nowrap' } as const;

export function TimelineTable(props: { title: string; rows: readonly Row[]; view: View }): ReactNode {
  const { t } = useTranslation();
  const { title, rows, view } = props;
  const words = useWords(view);
  return (
    <Table.ScrollContainer
      minWidth={520}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': title } }}
    >
      <Table className="number" verticalSpacing={6} captionSide="top">
        <Table.Caption ta="start" fw={600} fz="md" c="inherit">
          {title}
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('timeline.what')}</Table.Th>
            <Table.Th>{t('timeline.how')}</Table.Th>
            <Table.Th>{t('timeline.from')}</Table.Th>
            <Table.Th>{t('timeline.to')}</Table.Th>
            <Table.Th ta="right">{t('timeline.length')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        {rows
          .filter(({ bars }) => bars.length > 0)
          .map((row) => (
            <Table.Tbody key={row.id}>
              {row.bars.map((bar, i) => (
                <Table.Tr key={`${bar.kind} ${bar.from}`}>
                  {i === 0 && (
                    <Table.Th
                      scope="rowgroup"
                      rowSpan={row.bars.length}
                      ta="start"
                      style={{ verticalAlign: 'top' }}
                    >
                      {words.row(row)}
                      {row.detail && (
                        <Text size="xs" c="dimmed">
                          {row.detail}
                        </Text>
                      )}
                    </Table.Th>
                  )}
                  <Table.Td>{words.state(bar)}</Table.Td>
                  <Table.Td style={ONE_LINE}>{words.at(bar.from)}</Table.Td>
                  <Table.Td style={ONE_LINE}>{words.at(bar.to)}</Table.Td>
                  <Table.Td style={ONE_LINE} ta="right">
                    {words.length(bar.to - bar.from)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          ))}
      </Table>
    </Table.ScrollContainer>
  );
}
