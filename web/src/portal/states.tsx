import { Button } from '@mantine/core';
import { IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Notice } from '../ui/Notice';
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

/** LoadFailed tells that a list could not be loaded. */
export function LoadFailed({ retry }: { retry: () => void }) {
  const { t } = useTranslation();
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

/** Empty tells what will be here, and how it comes about. */
export function Empty({ icon, title, text }: { icon: ReactNode; title: string; text: string }) {
  return (
    <Notice icon={icon} title={title} testId="empty">
      <p>{text}</p>
    </Notice>
  );
}
