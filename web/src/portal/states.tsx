import { Button } from '@mantine/core';
import { IconLock, IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Notice } from '../ui/Notice';
import { isCode } from './api';
import style from './states.module.css';

/** Waiting keeps the place of a list while it loads. */
export function Waiting() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('common.loading')} className={style.waiting}>
      <div />
      <div />
      <div />
    </div>
  );
}

/** LoadFailed tells that something could not be loaded. */
export function LoadFailed({ error, retry }: { error?: Error | null; retry: () => void }) {
  const { t } = useTranslation();
  if (isCode(error, 'forbidden')) return <Closed />;
  return (
    <Notice
      icon={<IconWifiOff size={40} />}
      title={t('portal.failed')}
      actions={<Button onClick={retry}>{t('common.retry')}</Button>}
    >
      <p>{t('portal.failedText')}</p>
    </Notice>
  );
}

/** Closed tells that a section is not for this person. */
export function Closed() {
  const { t } = useTranslation();
  return (
    <Notice icon={<IconLock size={40} />} title={t('portal.forbidden')} testId="closed">
      <p>{t('portal.forbiddenText')}</p>
    </Notice>
  );
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  text: string;
  actions?: ReactNode;
}

/** Empty tells what will be here, and how it comes about. */
export function Empty({ icon, title, text, actions }: EmptyProps) {
  return (
    <Notice icon={icon} title={title} testId="empty" actions={actions}>
      <p>{text}</p>
    </Notice>
  );
}
