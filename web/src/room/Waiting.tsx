import { Button } from '@mantine/core';
import { IconMessageCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { Banners } from './Banners';
import { ChatPanel } from './ChatPanel';
import { useCall, usePresent } from './call-context';
import { MicLevel } from './MicLevel';
import { Preview } from './Preview';
import style from './Waiting.module.css';

/** Waiting is where one is until the doctor lets one in; a patient can already write. */
export function Waiting() {
  const { t } = useTranslation();
  const { call, entered } = usePresent();
  const { doctorPresent } = useCall();
  const patient = entered.seat.role === 'patient';
  const doctor = entered.session.doctor.name;
  const title = !patient ? 'waiting.titleGuest' : doctorPresent ? 'waiting.titleHere' : 'waiting.title';
  return (
    <Page title={t(title)} brand={entered.brand.name}>
      <div className={style.waiting} data-chat={patient}>
        <section className={style.main}>
          <div className={style.pulse} aria-hidden="true">
            <span />
          </div>
          <div role="status">
            <h1 className={style.title} data-testid="waiting-title">
              {t(title)}
            </h1>
          </div>
          {doctor && (
            <p className={style.doctor}>{[doctor, entered.session.doctor.specialty].filter(Boolean).join(', ')}</p>
          )}
          <p className={style.text}>{t('waiting.text')}</p>
          <Banners />
          <div className={style.look}>
            <Preview />
            <MicLevel />
          </div>
          <Button variant="default" size="lg" onClick={() => call.leave()} data-testid="leave-button">
            {t('waiting.leave')}
          </Button>
        </section>
        {patient && (
          <div className={style.chat}>
            <p className={style.hint}>
              <IconMessageCircle size={22} aria-hidden="true" /> {t('waiting.chat')}
            </p>
            <ChatPanel />
          </div>
        )}
      </div>
    </Page>
  );
}
