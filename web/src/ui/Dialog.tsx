import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Dialog.module.css';

interface DialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** false: only what is inside closes it, so that a secret is not lost by a slip */
  dismissable?: boolean;
  wide?: boolean;
}

/** Dialog asks for something over the page. Closed, it gives the focus back to where it was and forgets what was typed. */
export function Dialog({ opened, onClose, title, children, dismissable = true, wide = false }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      centered
      size={wide ? 'lg' : 'md'}
      lockScroll={false}
      closeOnEscape={dismissable}
      closeOnClickOutside={dismissable}
    >
      <Modal.Overlay />
      <Modal.Content radius="lg">
        {/* The kit's own header would be a second banner of the page. */}
        <div className={style.head}>
          <Modal.Title className={style.title}>{title}</Modal.Title>
          {dismissable && <Modal.CloseButton aria-label={t('common.close')} />}
        </div>
        <Modal.Body className={style.body}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
