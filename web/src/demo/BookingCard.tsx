import { Button } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../ui/CopyButton';
import { dateTimeOf } from '../ui/format';
import type { Booking } from './api';
import style from './Demo.module.css';

/** BookingCard shows a consultation as LK sees it: its status and the two links. */
export function BookingCard({ booking, newest }: { booking: Booking; newest: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <article className={style.card} data-testid="demo-session" data-id={booking.id} data-status={booking.status}>
      <div className={style.row}>
        <strong>{dateTimeOf(booking.startsAt, i18n.language)}</strong>
        <span
          className={style.status}
          data-status={booking.status.toUpperCase()}
          role="status"
          aria-label={t('demo.statusOf')}
        >
          {booking.statusName}
        </span>
      </div>
      {newest && <p className={style.soft}>{t('demo.steps')}</p>}
      <LinkRow name={t('demo.doctorLink')} who={booking.doctorName} url={booking.doctorUrl} testId="demo-doctor-link" />
      <LinkRow
        name={t('demo.patientLink')}
        who={booking.patientName}
        url={booking.patientUrl}
        testId="demo-patient-link"
      />
    </article>
  );
}

function LinkRow({ name, who, url, testId }: { name: string; who?: string; url: string; testId: string }) {
  const { t } = useTranslation();
  return (
    <div className={style.link}>
      <div className={style.linkName}>
        <strong>{name}</strong>
        {who && <span>{who}</span>}
      </div>
      <div className={style.linkActions}>
        <Button
          component="a"
          href={url}
          target="_blank"
          rel="noopener"
          size="md"
          leftSection={<IconExternalLink size={20} />}
          aria-label={`${t('common.open')}: ${name}`}
          data-testid={testId}
        >
          {t('common.open')}
        </Button>
        <CopyButton text={url} label={`${t('common.copy')}: ${name}`} />
      </div>
    </div>
  );
}
