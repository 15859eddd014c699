import { Modal } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Dialog asks for what one action needs. The kit's own header would be a second banner of the page. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const { t } = useTranslation();
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    },
    [opener],
  );
  return (
    <Modal.Root opened onClose={onClose} centered lockScroll={false} returnFocus={false}>
      <Modal.Overlay />
      <Modal.Content radius="lg">
        <div className={style.dialogHead}>
          <Modal.Title className={style.dialogTitle}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('common.close')} />
        </div>
        <Modal.Body className={style.dialogBody}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
