import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Dialog asks for what one action needs. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      lockScroll={false}
      radius="lg"
      title={title}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      classNames={{ title: style.dialogTitle, body: style.dialogBody }}
    >
      {children}
    </Modal>
  );
}
