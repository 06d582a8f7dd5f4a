/** A dialogue over the page: its title names it, its first field or button has the focus, and Escape ends it. */
import { Modal, type ModalProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** Put together here, because Mantine's own head of a dialogue is a second banner to whoever listens to the page. */
export function Dialog(props: {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  size?: ModalProps['size'];
  children: ReactNode;
}): ReactNode {
  const { t } = useTranslation();
  const { isOpen, onClose, title, size = 'md', children } = props;
  return (
    <Modal.Root opened={isOpen} onClose={onClose} size={size} centered>
      <Modal.Overlay />
      <Modal.Content>
        <div className="dialog-head">
          <Modal.Title fw={600}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('close')} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
