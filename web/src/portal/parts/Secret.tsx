import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../ui/CopyButton';
import { Dialog } from '../../ui/Dialog';
import style from './parts.module.css';

/** Secret shows one value to be copied. */
export function Secret({ label, value, testId }: { label: string; value: string; testId?: string }) {
  const { t } = useTranslation();
  return (
    <div className={style.secret}>
      <span>{label}</span>
      <code data-testid={testId}>{value}</code>
      <CopyButton text={value} label={`${t('common.copy')}: ${label}`} />
    </div>
  );
}

interface OnceProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  text?: string;
  children: ReactNode;
}

/** Once shows what is never shown again; only its own button closes it. */
export function Once({ opened, onClose, title, text, children }: OnceProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={title} dismissable={false} wide>
      <p>{text ?? t('portal.once.text')}</p>
      {children}
      <Button size="md" onClick={onClose} data-testid="once-close">
        {t('portal.once.close')}
      </Button>
    </Dialog>
  );
}
