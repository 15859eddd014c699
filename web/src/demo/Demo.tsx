import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { book, bookings, info, type Recording } from './api';
import { BookingCard } from './BookingCard';
import style from './Demo.module.css';
import { EventList } from './EventList';
import { useArrivals } from './useArrivals';

const choices: [Recording, string][] = [
  ['ask', 'demo.recordingAsk'],
  ['required', 'demo.recordingRequired'],
  ['off', 'demo.recordingOff'],
];

/** Demo plays LK: it books a consultation by the real API and shows what the server tells in return. */
export function Demo() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [recording, setRecording] = useState<Recording>('ask');
  const list = useQuery({ queryKey: ['bookings'], queryFn: bookings, refetchInterval: 10_000 });
  const about = useQuery({ queryKey: ['info'], queryFn: info });
  const { events, lost } = useArrivals(() => void queries.invalidateQueries({ queryKey: ['bookings'] }));
  const create = useMutation({
    mutationFn: () => book(recording),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['bookings'] }),
  });

  return (
    <Page title={t('demo.title')}>
      <div className={style.columns}>
        <div className={style.column}>
          <section className={style.card}>
            <h1 className={style.title}>{t('demo.title')}</h1>
            <p className={style.lead}>{t('demo.lead')}</p>
            <fieldset className={style.choices}>
              <legend>{t('demo.recording')}</legend>
              {choices.map(([value, words]) => (
                <label key={value} className={style.choice}>
                  <input
                    type="radio"
                    name="recording"
                    value={value}
                    checked={recording === value}
                    onChange={() => setRecording(value)}
                  />
                  {t(words)}
                </label>
              ))}
            </fieldset>
            <Button
              size="xl"
              fullWidth
              onClick={() => create.mutate()}
              loading={create.isPending}
              data-testid="demo-create"
            >
              {t('demo.create')}
            </Button>
            {create.isError && (
              <p role="alert" className={style.failed}>
                {t('demo.failed', { why: create.error.message })}
              </p>
            )}
          </section>
          <h2 className={style.heading}>{t('demo.sessions')}</h2>
          {(list.data?.length ?? 0) === 0 ? (
            <p className={style.soft}>{t('demo.none')}</p>
          ) : (
            list.data?.map((booking, i) => <BookingCard key={booking.id} booking={booking} newest={i === 0} />)
          )}
        </div>
        <div className={style.column}>
          <section className={style.card}>
            <h2 className={style.subtitle}>{t('demo.links')}</h2>
            <p>
              <a href="/admin/">{t('demo.admin')}</a>
              {about.data?.adminLogin && (
                <span className={style.hint} data-testid="demo-admin">
                  {t('demo.adminHint', { login: about.data.adminLogin, password: about.data.adminPassword })}
                </span>
              )}
            </p>
            <p>
              <a href="/swagger-ui.html">{t('demo.api')}</a>
            </p>
          </section>
          <h2 className={style.heading}>{t('demo.events')}</h2>
          {lost && (
            <p role="status" className={style.failed}>
              {t('demo.lost')}
            </p>
          )}
          <EventList events={events} />
        </div>
      </div>
    </Page>
  );
}
