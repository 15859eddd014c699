import { IconClock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { clock, dayOf, timeOf } from '../ui/format';
import { Notice } from '../ui/Notice';
import { Page } from '../ui/Page';
import { usePresent } from './call-context';
import style from './Early.module.css';
import { useNow } from './hooks';

const day = 24 * 60 * 60_000;

/** Early tells when one may come in, and counts down. */
export function Early() {
  const { t, i18n } = useTranslation();
  const { call, entered } = usePresent();
  useNow();
  const { opensAt, session, brand } = entered;
  const left = Date.parse(opensAt) - call.serverNow();
  const zone = session.timeZone;
  const time = timeOf(opensAt, i18n.language, zone);
  const today = dayOf(opensAt, i18n.language, zone) === dayOf(call.serverNow(), i18n.language, zone);
  const when = today
    ? t('early.today', { time })
    : t('early.atDay', { day: dayOf(opensAt, i18n.language, zone), time });
  return (
    <Page title={t('early.title')} brand={brand.name} width="narrow">
      <Notice icon={<IconClock size={40} />} title={t('early.title')} testId="early-title" code="too_early">
        <p>{t('early.text', { when })}</p>
        <p className={style.left}>{t('early.left')}</p>
        <p className={style.countdown} role="timer">
          {left >= 2 * day ? t('early.days', { count: Math.floor(left / day) }) : clock(left)}
        </p>
      </Notice>
    </Page>
  );
}
